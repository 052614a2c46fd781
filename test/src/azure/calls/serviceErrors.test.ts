import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lazily } from '../../../../src/azure/calls/lazily.js';
import { calling, mentions, toServiceError } from '../../../../src/azure/calls/serviceErrors.js';
import { ServiceError } from '../../../../src/serviceErrors/serviceError.js';
import { UNLISTED_CODE, resourceName } from '../../../../src/serviceErrors/serviceFacts.js';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

/** An SDK's error: the classes differ between SDKs, the fields do not. */
function sdkError(fields: object, headers: Readonly<Record<string, string>> = {}): Error {
  const response = { headers: { get: (name: string) => headers[name] } };
  return Object.assign(new Error('The service says no.'), { name: 'RestError', response }, fields);
}
const translate = (error: unknown) => toServiceError('create token', 'a-token', error);

describe('the kind of an SDK error', () => {
  test.each([
    [400, 'refused'],
    [401, 'forbidden'],
    [403, 'forbidden'],
    [404, 'notFound'],
    [408, 'unavailable'],
    [409, 'conflict'],
    [412, 'refused'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [undefined, 'unavailable'],
  ] as const)('by status %s is %s', (statusCode, kind) => {
    expect(translate(sdkError({ statusCode })).kind).toBe(kind);
  });

  test('is forbidden for credentials that Entra refuses, and unavailable when Entra itself fails', () => {
    expect(translate(sdkError({ name: 'AuthenticationError', statusCode: 400 })).kind).toBe('forbidden');
    expect(translate(sdkError({ name: 'AuthenticationError', statusCode: 503 })).kind).toBe('unavailable');
  });

  test.each([undefined, null, 'text', 7, {}, new Error('failed long-running operation')])(
    'is unavailable for %s, which holds no status',
    (error) => expect(translate(error)).toMatchObject({ kind: 'unavailable', status: undefined }),
  );

  test('is kept when it is known already', () => {
    const known = new ServiceError({ kind: 'refused', operation: 'get token', resource: resourceName('b') });
    expect(translate(known)).toBe(known);
  });
});

describe('a service error', () => {
  beforeEach(() => vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') }));
  afterEach(() => vi.useRealTimers());

  test.each([
    ['17', 17],
    ['0', 0],
    ['-5', 0],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
  ])('of Retry-After "%s" is %s seconds', (value, seconds) => {
    const error = translate(sdkError({ statusCode: 429 }, { 'retry-after': value }));
    expect(error.retryAfterSeconds).toBe(seconds);
  });

  const ID = '3f0c1d5e-9b7a-4c1d-8e2f-0a1b2c3d4e5f';

  test('is status, code and request id, and nothing of the message', () => {
    const fields = { statusCode: 400, code: 'TokenInvalid', message: 'Invalid token.' };
    const { message, code, status } = translate(sdkError(fields, { 'x-ms-request-id': ID }));
    expect([code, status]).toEqual(['TokenInvalid', 400]);
    expect(message).toBe(`create token a-token: 400 TokenInvalid (request ${ID})`);
  });

  test.each<[string, Record<string, string>]>([
    ['there is no request id', { 'x-ms-correlation-request-id': ID }],
    ['the request id is none', { 'x-ms-request-id': 'Abcdef0123456789', 'x-ms-correlation-request-id': ID }],
  ])('is the correlation id when %s', (_, headers) => {
    expect(translate(sdkError({ statusCode: 500 }, headers)).message).toBe(`create token a-token: 500 (request ${ID})`);
  });

  test.each([
    ['TokenInvalid', 'TokenInvalid'],
    ['ScopeMap.NotFound', 'ScopeMap.NotFound'],
    ['AADSTS7000215', 'AADSTS7000215'],
    ['ECONNREFUSED', 'ECONNREFUSED'],
    ['jR9kQz71LmX2vB5nT8cW4yH6pD3sF0gA', UNLISTED_CODE],
    ['JrKqZlMxVbNtCwYhPdSfGaJrKqZlMxVb', UNLISTED_CODE],
    ['Not found', UNLISTED_CODE],
    ['x'.repeat(5000), UNLISTED_CODE],
    ['NotFound'.repeat(9), UNLISTED_CODE],
    ['', undefined],
    [{ toString: (): string => 'NotFound' }, undefined],
  ])('of the code %s is %s', (code, kept) => {
    expect(translate(sdkError({ statusCode: 400, code })).code).toBe(kept);
  });

  test('is no code that this process has seen as a secret', () => {
    seenSecrets.remember('SecretTokenPassword');
    expect(translate(sdkError({ statusCode: 400, code: 'SecretTokenPassword' })).code).toBe(UNLISTED_CODE);
  });

  test('is unavailable for an unreadable answer, which may succeed later', () => {
    const error = translate(sdkError({ statusCode: 200, code: 'PARSE_ERROR', message: 'SyntaxError: top-secret' }));
    expect(error).toMatchObject({
      kind: 'unavailable',
      message: 'create token a-token: 200: the answer cannot be read',
    });
  });

  test('is nothing of a request or an answer, when it is written out', () => {
    const error = translate(sdkError({ statusCode: 400, request: { body: 'top-secret' }, details: 'top-secret' }));
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('top-secret');
  });

  test('is found by a word in its codes, never in the service’s words', () => {
    const error = translate(
      sdkError({ statusCode: 403, details: { error: { innererror: { code: 'SecretDisabled' } } } }),
    );
    expect(mentions(error, 'SecretDisabled')).toBe(true);
    expect(mentions(error, 'Deleted')).toBe(false);
    expect(mentions(translate(sdkError({ code: 'ObjectIsDeleted' })), 'Deleted')).toBe(true);
    expect(mentions(translate(sdkError({ statusCode: 409, message: 'It is Deleted.' })), 'Deleted')).toBe(false);
    expect(mentions('text', 'text')).toBe(false);
  });
});

describe('a call', () => {
  test('answers, or throws a service error', async () => {
    expect(await calling('get token', 'a', async () => 7)).toBe(7);
    const failing = calling('get token', 'a', () => Promise.reject(sdkError({ statusCode: 404 })));
    await expect(failing).rejects.toMatchObject({ name: 'ServiceError', kind: 'notFound' });
  });
});

describe('a lazily created value', () => {
  test('is made once, on first use, also for two who ask at once', async () => {
    const make = vi.fn<() => Promise<object>>().mockResolvedValue({});
    const get = lazily(make);
    expect(make).not.toHaveBeenCalled();
    const [left, right] = await Promise.all([get(), get()]);
    expect(left).toBe(right);
    expect(make).toHaveBeenCalledOnce();
  });

  test('is made again after a failure', async () => {
    const make = vi.fn<() => Promise<number>>().mockRejectedValueOnce(new Error('no')).mockResolvedValue(7);
    const get = lazily(make);
    await expect(get()).rejects.toThrow('no');
    expect(await get()).toBe(7);
  });
});
