import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { until } from '../shared/until.js';
import { onboardingOf, problem, type Answer } from './harness/appClient.js';
import { pullManifest } from './harness/edge.js';
import { PATIENCE } from './harness/hostUnderTest.js';
import type { Login } from './harness/operatorSdk.js';
import { findPasswords } from './harness/passwordSearch.js';
import { keyOf, PULLED, reportOf, TestDevice } from './harness/testDevice.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

/**
 * No request expires while these tests look, and none ends a run: silence.test.ts is about those. Long enough is the
 * pause, too, in which the first report's repetitions are answered.
 */
const SETTINGS = {
  REPORT_TIMEOUT_SECONDS: '120',
  PULL_CHECK_RETRY_SECONDS: '6',
  PULL_CHECK_DEADLINE_SECONDS: '600',
};

const WAIT = { timeout: PATIENCE * 1000, interval: 100 };

let it: TestStack;
let device: TestDevice;
/** Read while a check was under way: an undo deletes the secret. */
const seenLogins: Login[] = [];

beforeAll(async () => {
  it = await startTestStack({ device: false, settings: SETTINGS });
  device = await TestDevice.subscribe(it);
});
afterAll(async () => {
  await device.close();
  await it.dispose();
});

const start = (client: string): Promise<string> => it.app.start(onboardingOf(client));

const send = (request: PullCheckRequested, outcome: string, more: Record<string, unknown> = {}): Promise<Answer> =>
  it.app.report(request.operation, request.attempt, keyOf(request), reportOf(request, outcome, more));

/** Sends the same report until it is known, since a 202 is answered before the flow has read it. */
async function sendUntilKnown(request: PullCheckRequested, outcome: string): Promise<number> {
  const { status } = await until(
    () => send(request, outcome),
    (answer) => answer.status !== 202,
    `the report of attempt ${request.attempt} is known`,
    { pause: 0 },
  );
  return status;
}

async function rememberLogin({ secret }: PullCheckRequested): Promise<void> {
  seenLogins.push(await it.operator.login(secret.name, secret.version));
}

test('a reported failure that no wait can fix undoes the run at once, with its code', async () => {
  const before = await it.operator.everything();
  const id = await start('broken');
  const request = await device.request('broken', 1);
  await rememberLogin(request);
  expect((await send(request, 'digest-mismatch')).status).toBe(202);
  const ended = await it.app.end(id);
  expect(ended).toMatchObject({ status: 'rolledBack', failure: { code: 'pull-digest-mismatch', residue: [] } });
  expect(device.requests('broken').every(({ attempt }) => attempt === 1)).toBe(true);
  expect(await it.operator.everything()).toEqual(before);
});

test('reports are answered in order: 401, 200, 410, 409, 202', async () => {
  const id = await start('ordered');
  const first = await device.request('ordered', 1);
  const body = reportOf(first, 'unauthorized');

  // 401 before anything is read: a wrong key, another attempt's key, no key, and no word on whether an operation
  // exists.
  const wrong = `PullCheck ${first.keyId}:${'A'.repeat(first.reportKey.length)}`;
  for (const [operation, attempt, authorization, content] of [
    [id, 1, wrong, body],
    [id, 1, undefined, body],
    [id, 1, `PullCheck nobody:${first.reportKey}`, body],
    [id, 1, `Bearer ${first.reportKey}`, body],
    [id, 2, keyOf(first), body],
    [id, 1, keyOf(first), { ...body, expiresAt: new Date(Date.now() + 3_600_000).toISOString() }],
    ['no-such-client.k3v9', 1, wrong, body],
    ['no-such-client.k3v9', 1, keyOf(first), body],
  ] as const) {
    const answer = await it.app.report(operation, attempt, authorization, content);
    expect(answer.status).toBe(401);
    problem.parse(answer.body);
  }

  // 202 for the first content, 200 for the same again, 409 for another.
  expect((await send(first, 'unauthorized')).status).toBe(202);
  expect(await sendUntilKnown(first, 'unauthorized')).toBe(200);
  expect((await send(first, 'pulled', PULLED)).status).toBe(409);

  // The next attempt supersedes it: its own content is still known, another is too late.
  const second = await device.request('ordered', 2);
  expect((await send(first, 'unauthorized')).status).toBe(200);
  expect((await send(first, 'pulled', PULLED)).status).toBe(410);

  await rememberLogin(second);
  expect((await send(second, 'pulled', PULLED)).status).toBe(202);
  const ended = await it.app.end(id);
  expect(ended).toMatchObject({ status: 'completed', result: { pull: PULLED } });

  // After the end: what was accepted is known, everything else is too late.
  expect((await send(second, 'pulled', PULLED)).status).toBe(200);
  expect((await send(second, 'pulled', { ...PULLED, bytes: 1 })).status).toBe(410);
  expect((await it.app.operation(id)).result).toEqual(ended.result);
});

test('a refused report has no effect', async () => {
  const id = await start('steadfast');
  const request = await device.request('steadfast', 1);
  await it.app.report(id, 1, `PullCheck ${request.keyId}:wrong`, reportOf(request, 'digest-mismatch'));
  const malformed: [string, unknown][] = [
    ['pulled without a digest', reportOf(request, 'pulled')],
    ['an unknown outcome', reportOf(request, 'fine')],
    ['an unknown field', reportOf(request, 'pulled', { ...PULLED, note: 'x' })],
  ];
  for (const [name, body] of malformed)
    expect([name, (await it.app.report(id, 1, keyOf(request), body)).status]).toEqual([name, 400]);
  expect((await it.app.operation(id)).status).toBe('running');
  expect((await send(request, 'pulled', PULLED)).status).toBe(202);
  expect((await it.app.end(id)).status).toBe('completed');
});

test('a token that others unbind after the pull is bound and pulled with again before the run completes', async () => {
  const { resourceGroup, registry } = it.stack.endpoints.azure;
  const { connectedRegistry } = it.stack.endpoints.edge;
  const { connectedRegistries } = it.operator.registries;
  const id = await start('unlisted');
  const first = await device.request('unlisted', 1);
  await rememberLogin(first);
  const login = seenLogins.at(-1);
  if (!login) throw new Error('There is no login.');
  const pulls = async (): Promise<number> => (await pullManifest(login, 'hello-world')).status;

  await expect.poll(pulls, WAIT).toBe(200);
  await connectedRegistries.update(resourceGroup, registry, connectedRegistry, { clientTokenIds: [] });
  await expect.poll(pulls, WAIT).toBe(401);
  expect((await send(first, 'pulled', PULLED)).status).toBe(202);

  const second = await device.request('unlisted', 2);
  expect(second.secret).toEqual(first.secret);
  await expect.poll(pulls, WAIT).toBe(200);
  expect((await it.app.operation(id)).status).toBe('running');
  expect((await send(second, 'pulled', { ...PULLED, bytes: 99 })).status).toBe(202);
  expect(await it.app.end(id)).toMatchObject({ status: 'completed', result: { pull: { bytes: 99 } } });
});

test('no password appears in an event, an answer, the journal or a log, also for undone clients', async () => {
  expect(seenLogins.length).toBe(3);
  const { searched, found, inVaultStore } = await findPasswords(it, device.deliveries, seenLogins);
  expect(searched).toBeGreaterThanOrEqual(3);
  expect(found).toEqual([]);
  expect(inVaultStore).toBe(true);
});
