import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lazily } from '../../../src/azure/lazily.js';
import { calling, mentions, toServiceError } from '../../../src/azure/serviceErrors.js';
import { ServiceError } from '../../../src/ports/serviceError.js';

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
    const known = new ServiceError({ kind: 'refused', operation: 'a', resource: 'b' });
    expect(translate(known)).toBe(known);
  });
});

describe('what a service error keeps', () => {
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

  test('is code, request id and the first line of the message', () => {
    const fields = { statusCode: 400, code: 'TokenInvalid', message: 'Invalid token.\n{"value":"top-secret"}' };
    const { message, code, status } = translate(sdkError(fields, { 'x-ms-request-id': 'req-1' }));
    expect([code, status]).toEqual(['TokenInvalid', 400]);
    expect(message).toContain('create token a-token: 400 TokenInvalid (request req-1): Invalid token.');
    expect(message).not.toContain('top-secret');
  });

  test('is the correlation id when there is no request id', () => {
    const headers = { 'x-ms-correlation-request-id': 'corr-1' };
    expect(translate(sdkError({ statusCode: 500 }, headers)).message).toContain('corr-1');
  });

  test('is nothing of a request or an answer, when it is written out', () => {
    const error = translate(sdkError({ statusCode: 400, request: { body: 'top-secret' }, details: 'top-secret' }));
    expect(`${error.message} ${error.detail} ${error.stack ?? ''}`).not.toContain('top-secret');
  });

  test('is found by a word in code, details or message', () => {
    const error = translate(
      sdkError({ statusCode: 403, details: { error: { innererror: { code: 'SecretDisabled' } } } }),
    );
    expect(mentions(error, 'SecretDisabled')).toBe(true);
    expect(mentions(error, 'Deleted')).toBe(false);
    expect(mentions(translate(sdkError({ code: 'ObjectIsDeleted' })), 'Deleted')).toBe(true);
    expect(mentions('text', 'text')).toBe(false);
  });
});

describe('a call', () => {
  test('answers, or throws a service error', async () => {
    expect(await calling('get', 'a', async () => 7)).toBe(7);
    const failing = calling('get', 'a', () => Promise.reject(sdkError({ statusCode: 404 })));
    await expect(failing).rejects.toMatchObject({ name: 'ServiceError', kind: 'notFound' });
  });
});

describe('what is made lazily', () => {
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
