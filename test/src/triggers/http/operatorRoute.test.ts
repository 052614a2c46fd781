import { redactedValue } from '@connected-registry/protocol/redaction/redactedValue';
import { describe, expect, test } from 'vitest';
import { config } from '../../fakes/answers/requests.js';
import { FakeDurableClient, httpRequest, invocation, seen } from '../../fakes/durable/durableClient.js';
import { OBJECT_ID, principalHeader, type Claim } from '../../fakes/answers/principal.js';
import { operatorRoute } from '../../../../src/triggers/http/operatorRoute.js';
import { audit } from '../../../../src/audit/audit.js';
import { answerMisfits } from '../../fakes/answers/apiDocument.js';

const ENTRA = { OPERATOR_AUTH: 'entra', WEBSITE_AUTH_ENABLED: 'True', OPERATOR_ROLE: 'Onboarding.Operator' };
const oid: Claim = ['oid', OBJECT_ID];
const role: Claim = ['roles', 'Onboarding.Operator'];

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
}

/** What an activity returns after an operator has sent this request. */
async function resultAfter(settings: Readonly<Record<string, string>>, request: Asked, result: unknown) {
  const route = operatorRoute(config(settings).operators, async () => ({ status: 200, jsonBody: {} }));
  const headers = { 'x-ms-client-principal': principalHeader([oid, role]), ...request.headers };
  const query = new URLSearchParams(request.query);
  const asked = Object.assign(httpRequest({ headers }), { query });
  const { status } = await route.handler(asked, new FakeDurableClient().client, invocation().context);
  expect(status).toBe(200);
  return redactedValue(result);
}

async function ask(settings: Readonly<Record<string, string>>, header?: string) {
  const { context, lines } = invocation();
  const actors: string[] = [];
  const route = operatorRoute(config(settings).operators, async (_request, _client, actor) => {
    actors.push(actor);
    audit('run.start.succeeded', { resource: 'a-thing' });
    return { status: 200, jsonBody: {} };
  });
  const request = httpRequest({ headers: header === undefined ? {} : { 'x-ms-client-principal': header } });
  const answer = seen(await route.handler(request, new FakeDurableClient().client, context));
  const audited = lines.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  return { level: route.authLevel, answer, actors, audited };
}

describe('a route for operators', () => {
  test('requires the host’s function key, and ignores headers', async () => {
    const { level, answer, actors, audited } = await ask({}, principalHeader([oid, role]));
    expect([level, answer.status, actors]).toEqual(['function', 200, ['function-key']]);
    expect(audited).toEqual([{ audit: 'run.start.succeeded', actor: 'function-key', resource: 'a-thing' }]);
  });

  test('with Entra is open to the host, and acts for the caller that the platform names', async () => {
    const { level, answer, actors, audited } = await ask(
      ENTRA,
      principalHeader([oid, role, ['tid', 'a-tenant'], ['preferred_username', 'ann@example.com']]),
    );
    expect([level, answer.status, actors]).toEqual(['anonymous', 200, [`${OBJECT_ID}@a-tenant`]]);
    expect(audited).toMatchObject([{ audit: 'run.start.succeeded', actor: `${OBJECT_ID}@a-tenant` }]);
  });

  test('with Entra refuses callers that are not authenticated', async () => {
    const { answer, actors, audited } = await ask(ENTRA);
    expect([answer.status, answer.body['code'], actors]).toEqual([401, 'not-authenticated', []]);
    expect(answer.headers).toMatchObject({ 'www-authenticate': 'Bearer' });
    expect(audited).toEqual([
      {
        audit: 'operator.admit.refused',
        actor: 'anybody',
        resource: '/api/anything',
        reason: 'not-authenticated',
      },
    ]);
    expect(answerMisfits('POST onboardings', answer)).toEqual([]);
  });

  test.each([
    [ENTRA, 'Onboarding.Operator'],
    [{ ...ENTRA, OPERATOR_ROLE: '', OPERATOR_PRINCIPALS: OBJECT_ID.replace('1', '2') }, 'OPERATOR_PRINCIPALS'],
  ])('with Entra refuses callers that are not operators, and says what is missing', async (settings, missing) => {
    const { answer, actors, audited } = await ask(settings, principalHeader([oid]));
    expect([answer.status, answer.body['code'], actors]).toEqual([403, 'not-an-operator', []]);
    expect(answer.body['detail']).toContain(missing);
    expect(audited).toMatchObject([{ audit: 'operator.admit.refused', actor: OBJECT_ID, reason: 'not-an-operator' }]);
    expect(answerMisfits('POST operations/{id}/cancel', answer)).toEqual([]);
  });
});

describe('the credential of a request', () => {
  const KEY = 'mUrbbaPnmM5vZH3zoA1tF8kQWm0t2dCwYxJcLhRsTAzFuAbCdEfGh==';
  const HEX_KEY = '0123456789abcdef'.repeat(4);
  const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiIxIn0.c2lnbmF0dXJl';
  const clientKey = 'contoso-store-7-camera-front-entrance-0123456789abcdef';

  test.each<[string, Readonly<Record<string, string>>, Asked, string]>([
    ['a function key in the header', {}, { headers: { 'x-functions-key': KEY } }, KEY],
    ['a function key in the query', {}, { query: `Code=${KEY}` }, KEY],
    ['a function key of `openssl rand -hex 32`', {}, { headers: { 'x-functions-key': HEX_KEY } }, HEX_KEY],
    ['the token of Entra', ENTRA, { headers: { authorization: `Bearer ${TOKEN}` } }, TOKEN],
  ])('is redacted from results: %s', async (_, settings, request, credential) => {
    expect(await resultAfter(settings, request, { text: `<${credential}>` })).toEqual({ text: '<[redacted]>' });
  });

  test.each<[string, Readonly<Record<string, string>>, Asked]>([
    ['a code with Entra', ENTRA, { query: 'code=retryLater' }],
    ['a header for function keys with Entra', ENTRA, { headers: { 'x-functions-key': 'retryLater' } }],
    ['no token, with Entra', ENTRA, { headers: { authorization: 'Bearer retryLater' } }],
    ['no token, with a function key', {}, { headers: { 'x-functions-key': KEY, authorization: 'retryLater' } }],
    ['a code beside the key in the header', {}, { headers: { 'x-functions-key': KEY }, query: 'code=retryLater' }],
    ['a code of another form', {}, { query: 'code=retryLater' }],
    ['a version of a secret', {}, { query: `code=${HEX_KEY.slice(0, 32)}` }],
    ['a client’s key', {}, { query: `code=${clientKey}` }],
    ['a client’s key with Entra', ENTRA, { query: `code=${clientKey}` }],
  ])('is nothing that a caller can choose: %s', async (_, settings, request) => {
    const result = { kind: 'retryLater', retryLater: clientKey, version: HEX_KEY.slice(0, 32) };
    expect(await resultAfter(settings, request, result)).toBe(result);
  });
});
