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
