import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer, Operation } from './harness/appClient.js';
import { PATIENCE } from './harness/hostUnderTest.js';
import type { Login } from './harness/operatorSdk.js';
import { findPasswords } from './harness/passwordSearch.js';
import { keyOf, PULLED, reportOf, TestDevice } from './harness/testDevice.js';
import { startTestStack, type TestStack } from './harness/testStack.js';
import type { PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';

const SILENT = { client: 'silent', token: 'silent-token', scopeMap: 'silent-scopemap' };
/** Also when timers fire a second early or late it is asked more than once before the deadline. */
const SETTINGS = { REPORT_TIMEOUT_SECONDS: '2', PULL_CHECK_RETRY_SECONDS: '1', PULL_CHECK_DEADLINE_SECONDS: '12' };
/** The deadline counts from the next sync that the schedule in ARM promises, which is every minute. */
const UNDONE_WITHIN = 60 + 12 + PATIENCE;

let it: TestStack;
let device: TestDevice;
/** The operation of the client whose device never reports, and what stood where when it was first asked. */
let silent: { id: string; request: PullCheckRequested; bound: string[]; login: Login };

beforeAll(async () => {
  it = await startTestStack({ device: false, settings: SETTINGS });
  device = await TestDevice.subscribe(it);
  const id = await start(SILENT);
  const request = await device.request(SILENT.client, 1);
  const { name, version } = request.secret;
  silent = { id, request, bound: await it.operator.boundTokens(), login: await it.operator.login(name, version) };
});
afterAll(async () => {
  await device.close();
  await it.dispose();
});

const start = (client: Record<string, unknown>): Promise<string> =>
  it.app.start({ connectedRegistry: 'myconnectedregistry', repositories: ['hello-world'], ...client });

const send = (request: PullCheckRequested): Promise<Answer> =>
  it.app.report(request.operation, request.attempt, keyOf(request), reportOf(request, 'pulled', PULLED));

/** Answers every request until one answer is in time. @returns how the run ends. */
async function reportUntilInTime(id: string, client: string, first: number): Promise<Operation> {
  for (let attempt = first; ; attempt++) {
    const { status } = await send(await device.request(client, attempt));
    if (status === 202) return it.app.end(id);
    expect(status).toBe(410);
  }
}

test('a report after its request has expired is a 410', async () => {
  const id = await start({ client: 'late' });
  const request = await device.request('late', 1);
  await device.request('late', 2);
  expect((await send(request)).status).toBe(410);
  expect((await reportUntilInTime(id, 'late', 2)).status).toBe('completed');
});

test(
  'a device that never reports is asked until the deadline, then its run is undone and its late report is a 410',
  async () => {
    const { id, request, bound } = silent;
    expect(request.operation).toBe(id);
    expect(bound).toContain(SILENT.token);

    const ended = await it.app.end(id, UNDONE_WITHIN);
    expect(ended).toMatchObject({ status: 'rolledBack', failure: { code: 'pull-check-deadline', residue: [] } });
    expect(ended.steps.find(({ name }) => name === 'pullCheck')).toMatchObject({ status: 'failed' });
    expect(new Set(device.requests('silent').map(({ attempt }) => attempt)).size).toBeGreaterThan(1);
    const left = await it.operator.everything();
    expect(left.tokens).not.toContain(SILENT.token);
    expect(left.bound).not.toContain(SILENT.token);
    expect(left.scopeMaps).not.toContain(SILENT.scopeMap);
    expect(left.secrets).not.toContain(request.secret.name);

    expect((await send(request)).status).toBe(410);
    expect(await it.operator.everything()).toEqual(left);
  },
  (UNDONE_WITHIN + 20) * 1000,
);

test('no password of the undone client appears in an event, an answer, the journal or a log', async () => {
  const { searched, found, inVaultStore } = await findPasswords(it, device.deliveries, [silent.login]);
  expect(searched).toBeGreaterThanOrEqual(2);
  expect(found).toEqual([]);
  expect(inVaultStore).toBe(true);
});
