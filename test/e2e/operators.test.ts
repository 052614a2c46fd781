import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { OBJECT_ID, principalHeader, type Claim } from '../src/fakes/answers/principal.js';
import { AppClient, problem } from './harness/appClient.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

/** As App Service authentication would set it, which neither host here has: so anyone can claim to be anyone. */
const signedIn = (...claims: Claim[]) => ({
  'x-ms-client-principal': principalHeader([['oid', OBJECT_ID], ['preferred_username', 'ann@example.com'], ...claims]),
});
const ONBOARDING = { connectedRegistry: 'myconnectedregistry', client: 'by-ann', repositories: ['hello-world'] };

let it: TestStack;
beforeAll(async () => {
  const settings = { OPERATOR_AUTH: 'entra', OPERATOR_ROLE: 'Onboarding.Operator', WEBSITE_AUTH_ENABLED: 'True' };
  it = await startTestStack({ settings });
});
afterAll(() => it.dispose());

const as = (headers: Record<string, string>): AppClient => new AppClient(it.stack.endpoints.functions.url, headers);

/** Every audit line of the host's log. */
function audited(): Record<string, unknown>[] {
  const folder = join(it.stack.ground.dataFolder, 'host');
  const logs = readdirSync(folder).filter((name) => name === 'log' || name.endsWith('.log'));
  const texts = logs.map((name) => readFileSync(join(folder, name), 'utf8'));
  return texts
    .flatMap((text) => [...text.matchAll(/\{"audit":[^\n]*\}/g)])
    .map(([line]) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
}

test.each([
  ['the function key', () => ({ 'x-functions-key': it.stack.endpoints.functions.key }), 401, 'not-authenticated'],
  ['a principal without the role', () => signedIn(['roles', 'Reader']), 403, 'not-an-operator'],
] as const)('with operators of Entra, %s opens no route', async (_name, credentials, status, code) => {
  const stranger = as(credentials());
  for (const answer of [
    await stranger.post(ONBOARDING),
    await stranger.get('operations/none.none'),
    await stranger.request('operations/none.none/cancel', { method: 'POST', headers: credentials() }),
  ])
    expect([answer.status, problem.parse(answer.body).code]).toEqual([status, code]);
});

test('an operator onboards a client whose device needs no Entra to report, and the audit names the operator', async () => {
  const operator = as(signedIn(['roles', 'Onboarding.Operator']));
  const id = await operator.start(ONBOARDING);
  expect((await operator.end(id)).status).toBe('completed');
  const lines = audited();
  for (const action of ['run.start', 'token.create', 'password.generate', 'clientList.replace', 'secret.promote'])
    expect(lines).toContainEqual(
      expect.objectContaining({ audit: `${action}.succeeded`, actor: OBJECT_ID, operation: id }),
    );
  expect(lines).toContainEqual(expect.objectContaining({ audit: 'report.accept.succeeded', actor: 'device' }));
  expect(lines.filter(({ actor }) => actor === 'function-key')).toEqual([]);
});
