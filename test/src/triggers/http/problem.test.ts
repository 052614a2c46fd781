import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { guarded } from '../../../../src/triggers/http/guarded.js';
import { jsonBody } from '../../../../src/triggers/http/requests/jsonBody.js';
import { fieldErrors, invalidRequest, problem } from '../../../../src/triggers/http/answers/problem.js';
import { FakeDurableClient, httpRequest, invocation, seen } from '../../fakes/durable/durableClient.js';

describe('a problem', () => {
  test('is problem+json with a stable type and code', () => {
    const { status, headers, body } = seen(
      problem({ status: 409, code: 'another-run', title: 'T', detail: 'D', running: 'x' }, { location: '/y' }),
    );
    expect([status, headers]).toEqual([409, { 'content-type': 'application/problem+json', location: '/y' }]);
    expect(body).toEqual({
      type: 'urn:connected-registry-onboarding:problem:another-run',
      status: 409,
      code: 'another-run',
      title: 'T',
      detail: 'D',
      running: 'x',
    });
  });

  test('of a request names each field once in its detail, and lists every error', () => {
    const error = (field: string) => ({ field, message: 'is wrong', fix: 'correct it' });
    const { status, body } = seen(invalidRequest([error('a'), error('b'), error('a')]));
    expect([status, body['code'], body['detail']]).toEqual([
      400,
      'invalid-request',
      'Invalid: a, b. Nothing was started.',
    ]);
    expect(body['errors']).toHaveLength(3);
  });
});

describe('field errors', () => {
  const schema = z.strictObject({ name: z.string('must be a text'), list: z.array(z.int('must be whole')) });
  const of = (value: unknown) => {
    const parsed = schema.safeParse(value, { reportInput: true });
    return parsed.success ? [] : fieldErrors(parsed.error, { name: 'a name', list: 'a list' });
  };

  test('report missing fields with their rule', () => {
    expect(of({ list: [] })).toEqual([{ field: 'name', message: 'is missing', fix: 'It must be a name.' }]);
    expect(of({ name: null, list: [] })).toEqual([
      { field: 'name', message: 'must be a text', fix: 'It must be a name.' },
    ]);
  });

  test('name the item of a list', () => {
    expect(of({ name: 'a', list: [1, 2.5] })).toMatchObject([{ field: 'list.1', fix: 'It must be a list.' }]);
  });

  test('name each unknown field, and the known ones', () => {
    expect(of({ name: 'a', list: [], x: 1, y: 2 })).toMatchObject([
      { field: 'x', message: 'is not a known field', fix: 'Omit it. Known fields: name, list.' },
      { field: 'y' },
    ]);
  });

  test('name the known fields of the object that has an unknown one', () => {
    const nested = z.strictObject({ list: z.array(z.strictObject({ a: z.string() })).optional() });
    const parsed = nested.safeParse({ a: 'x', list: [{ a: 'x', list: 1 }] }, { reportInput: true });
    expect(parsed.error && fieldErrors(parsed.error, { list: 'a list', a: 'a text' }, nested)).toMatchObject([
      { field: 'list.0.list', fix: 'Omit it. Known fields: a.' },
      { field: 'a', fix: 'Omit it. Known fields: list.' },
    ]);
  });

  test('of a value that is no object are about the body', () => {
    for (const value of [null, [], 'text', 7, undefined]) expect(of(value)).toMatchObject([{ field: 'body' }]);
  });

  test('never contain the sent value', () => {
    expect(JSON.stringify(of({ name: ['top-secret'], list: ['top-secret'] }))).not.toContain('top-secret');
  });
});

describe('a JSON body', () => {
  test('is read up to its limit in bytes', async () => {
    expect(await jsonBody(httpRequest({ body: '{"a":"ä"}' }), 10)).toEqual({ value: { a: 'ä' } });
    const tooLong = await jsonBody(httpRequest({ body: '{"a":"ä"}' }), 9);
    expect('refusal' in tooLong && seen(tooLong.refusal)).toMatchObject({
      status: 413,
      body: { code: 'body-too-large' },
    });
  });

  test.each(['', '{', 'text', '{"a":1}x'])('that is %j is refused', async (body) => {
    const read = await jsonBody(httpRequest({ body }), 100);
    expect('refusal' in read && seen(read.refusal)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'body' }] },
    });
  });
});

describe('a route', () => {
  test('answers an unexpected error with a 503, and logs only its place', async () => {
    const { context, lines } = invocation();
    const handler = guarded(() => Promise.reject(new TypeError('the password is top-secret')), 'somebody');
    const answer = seen(await handler(httpRequest({}), new FakeDurableClient().client, context));
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' }, body: { code: 'unavailable' } });
    expect(JSON.stringify([answer, lines])).not.toContain('top-secret');
    expect(lines[0]?.text).toContain('TypeError');
  });

  test('answers as its handler does otherwise, and no browser keeps or guesses at it', async () => {
    const { context, lines } = invocation();
    const handler = guarded(async () => ({ status: 200 }), 'somebody');
    const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
    expect(await handler(httpRequest({}), new FakeDurableClient().client, context)).toEqual({ status: 200, headers });
    expect(lines).toEqual([]);
  });
});
