import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  letAppGiveAccess,
  takeDeviceRights,
  vaultAssignments,
} from '@connected-registry/local-stack/stack/devices/deviceRights';
import { vaultId } from '@connected-registry/local-stack/stack/world';
import { until } from '../../shared/until.js';
import { onboardingOf, type Operation } from '../harness/appClient.js';
import { whileNothingSyncs } from '../harness/holds.js';
import { TakingAway } from '../harness/takingAway.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

/*
 * The device's agent has an identity that may read nothing until the app gives it a client's secrets. In a deployment
 * each device has one; here one agent does for all.
 */

/** An identity that no device has. */
const OTHER = '22222222-2222-2222-2222-222222222222';

let it: TestStack;
let away: TakingAway;
let vault: string;
let device: string;
/** The role that a deployment gives the app. */
let permission: string;
beforeAll(async () => {
  it = await startTestStack();
  away = new TakingAway(it);
  const { world } = it.stack.controlPlane;
  vault = vaultId(world);
  device = world.identities.device.objectId;
  await takeDeviceRights(it.stack.controlPlane);
  permission = await letAppGiveAccess(it.stack.controlPlane);
});
afterAll(() => it.dispose());

/** Who may read the client's two secrets, by assignments on these alone. */
async function readers(client: string): Promise<string[]> {
  const scopes = ['', '-candidate'].map((end) => `${vault}/secrets/${it.secretOf(client)}${end}`);
  const found = await vaultAssignments(it.stack.controlPlane);
  return scopes.flatMap((scope) => found.filter((one) => one.scope === scope).map(({ principalId }) => principalId));
}

const start = (client: string, principalId = device): Promise<string> =>
  it.app.start(onboardingOf(client, { identity: { principalId } }));
const onboard = async (client: string, principalId?: string): Promise<Operation> =>
  it.app.end(await start(client, principalId));

test('a device whose identity may read nothing gets its secrets and pulls; the same again writes nothing', async () => {
  expect(await onboard('first')).toMatchObject({
    status: 'completed',
    result: { pull: { bytes: expect.any(Number) } },
  });
  expect(await readers('first')).toEqual([device, device]);

  const view = await it.app.get(`clients/${it.secretOf('first')}`);
  expect(view.body).toMatchObject({ identity: { principalId: device, principalType: 'ServicePrincipal' } });

  const writes = await it.armWrites(async () => expect((await onboard('first')).status).toBe('completed'));
  expect(writes).toBe(0);
});

test('a run that is cancelled takes back what it gave', async () => {
  const ended = await whileNothingSyncs(it, async () => {
    const id = await start('cancelled');
    await it.app.watch(id, ({ phase }) => phase === 'pullCheck');
    expect(await readers('cancelled')).toEqual([device, device]);
    await it.app.post({}, `operations/${id}/cancel`);
    return it.app.end(id);
  });
  expect(ended).toMatchObject({ status: 'rolledBack', failure: { residue: [] } });
  expect(await readers('cancelled')).toEqual([]);
});

test('another identity that cannot pull leaves the client its own; one that can takes its place', async () => {
  const before = onboardingOf('moved', { identity: { principalId: OTHER } });
  // The agent reads with its own identity, so with the other one alone it reads nothing.
  const id = await it.app.start(before);
  await it.app.watch(id, ({ phase }) => phase === 'pullCheck');
  expect(await readers('moved')).toEqual([OTHER, OTHER]);
  await it.app.post({}, `operations/${id}/cancel`);
  expect((await it.app.end(id)).status).toBe('rolledBack');

  expect((await onboard('moved')).status).toBe('completed');
  const moved = await it.app.start(onboardingOf('moved', { identity: { principalId: OTHER } }));
  expect((await it.app.end(moved)).status).toBe('completed');
  expect(await readers('moved')).toEqual([OTHER, OTHER]);
});

test('a revocation and an offboarding take the access away', async () => {
  expect((await onboard('revoked')).status).toBe('completed');
  const revoked = await away.revoke('revoked');
  expect(revoked.result?.disabled.filter((what) => what.startsWith('read access'))).toHaveLength(2);
  expect(await readers('revoked')).toEqual([]);

  expect((await onboard('revoked')).status).toBe('completed');
  const offboarded = await away.offboard('revoked');
  expect(offboarded.result?.removed.filter((what) => what.startsWith('read access'))).toHaveLength(2);
  expect(await readers('revoked')).toEqual([]);
});

test('a host that is killed between an assignment and its record goes on, and leaves none behind', async () => {
  const { https } = it.stack.controlPlane;
  const faults = `${it.stack.endpoints.azure.arm}/_control/faults`;
  const operation = 'Microsoft.Authorization/roleAssignments/write';
  await https(faults, {
    method: 'POST',
    body: { match: { operation, principal: 'app' }, when: 'after', delayMs: 5000, status: 503, count: 1 },
  });
  const id = await start('killed');
  await until(
    () => readers('killed'),
    (found) => found.length > 0,
    'the device may read a secret',
    { pause: 200 },
  );
  await it.crashHost();
  await https(faults, { method: 'DELETE' });

  expect((await it.app.end(id)).status).toBe('completed');
  expect(await readers('killed')).toEqual([device, device]);
  expect((await away.offboard('killed')).status).toBe('completed');
  expect(await readers('killed')).toEqual([]);
});

test('without the role, preflight says so with the command that gives it', async () => {
  await it.stack.controlPlane.operator.arm('DELETE', permission, '2022-04-01');
  const dryRun = await it.app.post(onboardingOf('refused', { identity: { principalId: device }, dryRun: true }));
  expect(dryRun.body).toMatchObject({
    problems: [{ code: 'device-access-missing', fix: expect.stringContaining('az rest --method put') }],
  });
  const ended = await onboard('refused');
  expect(ended).toMatchObject({ status: 'rolledBack', failure: { code: 'preflight' } });
  expect(await it.operator.secretNames()).not.toContain(it.secretOf('refused'));
});
