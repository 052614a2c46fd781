import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { done } from '../../../src/domain/operations/stepOutcome.js';
import { outcomeOf } from '../../../src/serviceErrors/outcomeOf.js';
import { orUndefined, ServiceError, type ServiceErrorKind } from '../../../src/serviceErrors/serviceError.js';
import { resourceName } from '../../../src/serviceErrors/serviceFacts.js';

const serviceError = (kind: ServiceErrorKind, more: object = {}) =>
  new ServiceError({ kind, operation: 'create token', resource: resourceName('a-token'), ...more });

describe('an outcome', () => {
  afterEach(() => vi.restoreAllMocks());

  test('of work that returns is that of the work', async () => {
    expect(await outcomeOf(async () => done(7))).toEqual({ kind: 'done', value: 7 });
  });

  test('of throttled is to wait for a turn, as long as the service asks', async () => {
    const outcome = await outcomeOf(() => Promise.reject(serviceError('throttled', { retryAfterSeconds: 17 })));
    expect(outcome).toMatchObject({ kind: 'retryLater', afterSeconds: 17, turn: true });
  });

  test.each(['conflict', 'unavailable'] as const)('of %s is to retry later', async (kind) => {
    const outcome = await outcomeOf(() => Promise.reject(serviceError(kind)));
    expect(outcome).toEqual({ kind: 'retryLater', reason: 'create token a-token: no answer' });
  });

  test('waits as long as the service asks', async () => {
    const outcome = await outcomeOf(() => Promise.reject(serviceError('throttled', { retryAfterSeconds: 0 })));
    expect(outcome).toMatchObject({ kind: 'retryLater', afterSeconds: 0 });
  });

  test.each([
    ['notFound', 'service-not-found'],
    ['forbidden', 'service-forbidden'],
    ['refused', 'service-refused'],
  ] as const)('of %s is a failure with the code %s', async (kind, code) => {
    expect(await outcomeOf(() => Promise.reject(serviceError(kind)))).toMatchObject({ kind: 'failed', code });
  });

  test.each<[string, unknown]>([
    ['an error', new TypeError('the password is top-secret')],
    ['a text', 'top-secret'],
    ['an object', { password: 'top-secret' }],
    ['nothing', undefined],
  ])('of a thrown %s contains nothing of its content, nor does the log', async (_, thrown) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const outcome = await outcomeOf(() => Promise.reject(thrown as Error));
    expect(outcome.kind).toBe('retryLater');
    expect(JSON.stringify([outcome, log.mock.calls])).not.toContain('top-secret');
    expect(log).toHaveBeenCalledOnce();
  });
});

describe('a service error', () => {
  test('names the operation, the resource and the answer', () => {
    const id = '3f0c1d5e-9b7a-4c1d-8e2f-0a1b2c3d4e5f';
    const answer = { status: 409, code: 'Conflict', requestId: id, detail: 'no-answer-in-time' };
    expect(serviceError('conflict', answer).message).toBe(
      `create token a-token: 409 Conflict (request ${id}): no answer in time`,
    );
  });

  test.each(['status', 'code', 'innerCode', 'requestId', 'retryAfterSeconds', 'detail', 'deviceStatus', 'cause'])(
    'contains no foreign text in place of the %s',
    (field) => {
      const error = serviceError('refused', { [field]: 'jR9kQz71LmX2vB5nT8cW4yH6pD3sF0gA' });
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('jR9kQz71');
    },
  );

  test('of a missing resource can be read as nothing, and others cannot', async () => {
    expect(await orUndefined(Promise.reject(serviceError('notFound')))).toBeUndefined();
    expect(await orUndefined(Promise.resolve(7))).toBe(7);
    await expect(orUndefined(Promise.reject(serviceError('forbidden')))).rejects.toThrow('create token');
    await expect(orUndefined(Promise.reject(new Error('other')))).rejects.toThrow('other');
  });
});
