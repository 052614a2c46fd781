import { describe, expect, test, vi } from 'vitest';
import { Api } from '../../src/data/api.js';
import { FaultError, type Fault } from '../../src/data/fault.js';
import { Session } from '../../src/session/session.js';

const KEY = 'a-function-key-of-forty-characters';

/** An API whose app answers this, and what it was asked. */
function apiAnswering(answer: () => Response | Promise<Response>) {
  const session = new Session('key', 'app.example');
  session.use(KEY);
  const fetch = vi.fn<typeof globalThis.fetch>(async () => answer());
  const asked = () => {
    const [url, init] = fetch.mock.calls[0] ?? [];
    return { url: url instanceof URL ? url.href : '', init: init ?? {}, headers: new Headers(init?.headers) };
  };
  return { api: new Api('https://app.example/api/', session, fetch), session, fetch, asked };
}

const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

async function faultOf(work: Promise<unknown>): Promise<{ fault: Fault; retryAfter: number | undefined }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FaultError)) throw new Error('There is no fault.');
  return { fault: error.fault, retryAfter: error.retryAfter };
}

describe('a request', () => {
  test('goes below the address of the API, with its parameters', async () => {
    const { api, asked } = apiAnswering(() => json({}));
    await api.read('rollouts/a%2Fb', { top: 50, state: undefined, q: 'a&b' });
    expect(asked().url).toBe('https://app.example/api/rollouts/a%2Fb?top=50&q=a%26b');
  });

  test('has the key in a header and nowhere else', async () => {
    const { api, asked } = apiAnswering(() => json({}));
    await api.send('POST', 'rotations', { clients: [] });
    const { url, init, headers } = asked();
    expect(headers.get('x-functions-key')).toBe(KEY);
    expect(url).not.toContain(KEY);
    expect(JSON.stringify(init.body)).not.toContain(KEY);
  });

  test('follows no redirect, and the browser keeps no copy', async () => {
    const { api, asked } = apiAnswering(() => json({}));
    await api.readOnce('overview');
    expect(asked().init).toMatchObject({ redirect: 'error', cache: 'no-store', credentials: 'same-origin' });
  });

  test('that changes something sends JSON, and says so', async () => {
    const { api, asked } = apiAnswering(() => json({ id: '1' }, 202));
    expect(await api.send('POST', 'rotations', { urgent: true })).toEqual({ id: '1' });
    expect([asked().init.method, asked().init.body, asked().headers.get('content-type')]).toEqual([
      'POST',
      '{"urgent":true}',
      'application/json',
    ]);
  });

  test('without an answer body has none', async () => {
    const { api } = apiAnswering(() => new Response(null, { status: 204 }));
    expect(await api.send('DELETE', 'clients/a/poller')).toBeUndefined();
  });
});

describe('an answer', () => {
  test('has its ETag and age', async () => {
    const { api, asked } = apiAnswering(() => json({ a: 1 }, 200, { etag: 'W/"1"', age: '12' }));
    expect(await api.read('overview', {}, { etag: 'W/"0"' })).toEqual({
      kind: 'value',
      value: { a: 1 },
      etag: 'W/"1"',
      ageSeconds: 12,
    });
    expect(asked().headers.get('if-none-match')).toBe('W/"0"');
  });

  test('may be that nothing has changed', async () => {
    const { api } = apiAnswering(() => new Response(null, { status: 304, headers: { age: '40' } }));
    expect(await api.read('overview', {}, { etag: 'W/"1"' })).toEqual({ kind: 'notModified', ageSeconds: 40 });
  });
});

describe('a fault', () => {
  const problem = { type: 'urn:x', status: 400, code: 'invalid-request', title: 'T.', detail: 'D.' };

  test('is the problem that the app answered', async () => {
    const { api } = apiAnswering(() => json(problem, 400));
    expect(await faultOf(api.readOnce('clients'))).toEqual({
      fault: { kind: 'refused', problem },
      retryAfter: undefined,
    });
  });

  test('has the pause that the answer asked for', async () => {
    const { api } = apiAnswering(() => json(problem, 503, { 'retry-after': '7' }));
    expect((await faultOf(api.readOnce('clients'))).retryAfter).toBe(7);
  });

  test.each(['', 'soon', '-1', '1e3'])('has no pause if the header is %j', async (header) => {
    const { api } = apiAnswering(() => json(problem, 503, { 'retry-after': header }));
    expect((await faultOf(api.readOnce('clients'))).retryAfter).toBeUndefined();
  });

  test.each([
    ['a page of a proxy', () => new Response('<h1>Bad Gateway</h1>', { status: 502 }), 502],
    ['JSON that is no problem', () => json({ error: 'x' }, 500), 500],
    ['a problem without its code', () => json({ ...problem, code: undefined }, 500), 500],
    ['a success that is no JSON', () => new Response('<h1>Hello</h1>'), 200],
  ])('is unexpected for %s', async (_, answer, status) => {
    const { api } = apiAnswering(answer);
    expect((await faultOf(api.readOnce('clients'))).fault).toEqual({ kind: 'unexpected', status });
  });

  test('of a request that is not answered says so', async () => {
    const { api } = apiAnswering(() => Promise.reject(new TypeError('Failed to fetch')));
    expect((await faultOf(api.readOnce('clients'))).fault).toEqual({ kind: 'unreachable' });
  });

  test('of an answer that takes too long says so', async () => {
    const { api } = apiAnswering(() => Promise.reject(new DOMException('late', 'TimeoutError')));
    expect((await faultOf(api.readOnce('clients'))).fault).toEqual({ kind: 'timeout', seconds: 60 });
  });

  test('that was taken back is none', async () => {
    const { api } = apiAnswering(() => Promise.reject(new DOMException('gone', 'AbortError')));
    const reason = new Error('left');
    await expect(api.readOnce('clients', {}, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test('401 ends the session, and forgets the key', async () => {
    const { api, session } = apiAnswering(() => new Response('', { status: 401 }));
    expect((await faultOf(api.readOnce('clients'))).fault).toEqual({ kind: 'signedOut' });
    expect([session.isOpen.value, session.wasRefused.value, session.headers()]).toEqual([false, true, {}]);
  });
});
