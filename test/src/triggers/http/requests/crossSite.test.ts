import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '@azure/functions';
import { operatorRoute } from '../../../../../src/triggers/http/operatorRoute.js';
import { FakeDurableClient, httpRequest, invocation, seen } from '../../../fakes/durable/durableClient.js';
import { OBJECT_ID, principalHeader } from '../../../fakes/answers/principal.js';

const ENTRA = { kind: 'entra', principals: [OBJECT_ID] } as const;
const COOKIE = { 'x-ms-client-principal': principalHeader([['oid', OBJECT_ID]]) };

interface Sent {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request of somebody whom the platform has authenticated, as with a browser's cookie. */
async function send({ method = 'POST', url = 'https://app.example/api/revocations', headers = {} }: Sent) {
  let isBodyRead = false;
  let isHandled = false;
  const parts = httpRequest({ headers: { host: 'app.example', ...COOKIE, ...headers } });
  const request = Object.assign(Object.create(parts) as HttpRequest, { method, url });
  Object.defineProperty(request, 'body', {
    get: () => {
      isBodyRead = true;
      return null;
    },
  });
  const { context, lines } = invocation();
  const route = operatorRoute(ENTRA, async () => {
    isHandled = true;
    return { status: 202, jsonBody: {} };
  });
  const {
    status,
    headers: answered,
    body,
  } = seen(await route.handler(request, new FakeDurableClient().client, context));
  return { status, code: body['code'], answered, isBodyRead, isHandled, lines };
}

describe('a request of a browser that changes something', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['a page of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a page of another host of the site', { 'sec-fetch-site': 'same-site', origin: 'https://other.app.example' }],
    ['a value that browsers may add one day', { 'sec-fetch-site': 'something' }],
    ['an older browser on another host', { origin: 'https://evil.example' }],
    ['another port', { origin: 'https://app.example:8443' }],
    ['a page without an origin', { origin: 'null' }],
    ['text that is no origin', { origin: 'app.example' }],
    ['a list of proxies', { origin: 'https://evil.example', 'x-forwarded-host': 'front.example, app.example' }],
    ['an empty name of a proxy', { origin: 'https://evil.example', 'x-forwarded-host': ' , ' }],
    ['the port of another protocol', { origin: 'http://front.example', 'x-forwarded-host': 'front.example:443' }],
    ['a host that begins like the app', { origin: 'https://app.example.evil.example' }],
  ])('is refused from %s, before anything is read', async (_name, headers) => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await send({ method, headers });
      expect([answer.status, answer.code]).toEqual([403, 'cross-site-request']);
      expect(answer.answered).toMatchObject({ 'content-type': 'application/problem+json' });
      expect([answer.isBodyRead, answer.isHandled, answer.lines]).toEqual([false, false, []]);
    }
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a page of the app', { 'sec-fetch-site': 'same-origin', origin: 'https://app.example' }],
    ['a page of the app behind a proxy of another name', { 'sec-fetch-site': 'same-origin', origin: 'https://front' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['an older browser on a page of the app', { origin: 'https://APP.example' }],
    ['an older browser behind a proxy', { origin: 'https://front.example', 'x-forwarded-host': 'front.example' }],
    [
      'an older browser behind two proxies',
      { origin: 'https://front.example', 'x-forwarded-host': 'front.example, inner.example' },
    ],
    [
      'an older browser behind a proxy that names the default port',
      { origin: 'https://front.example', 'x-forwarded-host': 'Front.example:443' },
    ],
    [
      'an older browser behind a proxy on another port',
      { origin: 'https://front.example:8443', 'x-forwarded-host': 'front.example:8443' },
    ],
    ['a tool', {}],
  ])('passes from %s', async (_name, headers) => {
    expect(await send({ headers })).toMatchObject({ status: 202, isHandled: true });
  });

  test('may read from anywhere, but no page of another site is allowed to see the answer', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    const { status, answered } = await send({ method: 'GET', headers });
    expect(status).toBe(202);
    expect(Object.keys(answered ?? {}).filter((name) => /^access-control-/i.test(name))).toEqual([]);
  });
});

describe('the body of a request', () => {
  test.each(['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain;charset=UTF-8', ''])(
    'is refused as %j',
    async (type) => {
      const answer = await send({ headers: { 'content-type': type } });
      expect([answer.status, answer.code]).toEqual([415, 'unsupported-media-type']);
      expect([answer.isBodyRead, answer.isHandled]).toEqual([false, false]);
    },
  );

  test.each(['application/json', 'Application/JSON; charset=utf-8', 'application/merge-patch+json', 'text/csv'])(
    'is read as %s',
    async (type) => {
      expect((await send({ headers: { 'content-type': type } })).status).toBe(202);
    },
  );
});

test('every answer forbids caches to store it and browsers to guess its type', async () => {
  for (const headers of [{}, { 'sec-fetch-site': 'cross-site' }, { 'x-ms-client-principal': '' }])
    expect((await send({ headers })).answered).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
});
