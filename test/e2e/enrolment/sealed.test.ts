import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DEVICE_MESSAGES_PATH, DEVICE_SECRETS_PATH } from '@connected-registry/protocol/enrolment/messages';
import {
  CREDENTIAL_PROMOTED,
  credentialPromoted,
  PULL_CHECK_REQUESTED,
  pullCheckRequested,
} from '@connected-registry/protocol/messages/pullCheckMessages';
import { onboardingOf } from '../harness/appClient.js';
import { pullManifest } from '../harness/edge.js';
import { PATIENCE } from '../harness/hostUnderTest.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { TakingAway } from '../harness/takingAway.js';
import { keyOf, reportOf, TestDevice } from '../harness/testDevice.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { JoinedDevice, loginIn } from './joinedDevice.js';
import { devices, Joiner } from './joiner.js';

let it: TestStack;
let joiner: Joiner;
let topic: TestDevice;
beforeAll(async () => {
  it = await startTestStack({ device: false, settings: { PULL_CHECK_RETRY_SECONDS: '1' } });
  joiner = new Joiner(it);
  topic = await TestDevice.subscribe(it);
});
afterAll(async () => {
  await topic.close();
  await it.dispose();
});

async function joins(client: string): Promise<JoinedDevice> {
  const [keys] = await devices(1);
  if (!keys) throw new Error('There is a device.');
  const redeemed = await joiner.redeem(keys, await joiner.token(client));
  if (!redeemed?.joined) throw new Error(`The device has not joined: ${JSON.stringify(redeemed)}`);
  return new JoinedDevice(it, keys, redeemed.joined);
}

/** Pulls as soon as the connected registry knows the password. */
async function pull(login: ReturnType<typeof loginIn>): Promise<string> {
  for (;;) {
    const { status, digest } = await pullManifest(login, 'hello-world');
    if (status === 200) return digest ?? '';
    await sleep(200);
  }
}

/** Does what an agent does from the request of a pull check to the acknowledgement of the promotion. */
async function isOnboarded(client: string, device: JoinedDevice) {
  const operation = await it.app.start(onboardingOf(client));
  const request = pullCheckRequested.parse((await device.message(PULL_CHECK_REQUESTED)).data);
  const candidate = await device.secret(request.secret);
  expect(candidate).toMatchObject({ ...request.secret, tags: { client } });
  const digest = await pull(loginIn(candidate.value));
  const later = pullCheckRequested.parse((await device.message(PULL_CHECK_REQUESTED)).data);
  const path = `/api/pull-checks/${later.operation}/${later.attempt}`;
  const report = reportOf(later, 'pulled', { digest, bytes: 1234 });
  expect(await device.send(path, keyOf(later), JSON.stringify(report))).toEqual({
    status: 401,
    code: 'report-mac-required',
  });
  expect(await device.answer(path, later, report)).toBe(202);
  const ended = await it.app.end(operation);
  expect(ended).toMatchObject({ status: 'completed', result: { pull: { digest } } });

  const promotion = credentialPromoted.parse((await device.message(CREDENTIAL_PROMOTED)).data);
  const main = await device.secret(promotion.secret);
  expect(main).toMatchObject({ ...promotion.secret, value: candidate.value });
  const { operation: promoted, secret, expiresAt = '', keyId = '', reportKey = '' } = promotion;
  const acknowledgement = { expiresAt, version: secret.version, agent: 'test/1' };
  expect(await device.answer(`/api/promotions/${promoted}`, { keyId, reportKey, expiresAt }, acknowledgement)).toBe(
    202,
  );
  return { login: loginIn(main.value), secret };
}

const reach = z.object({
  reach: z.object({ kind: z.string(), lastContactAt: z.iso.datetime(), enrolment: z.object({ state: z.string() }) }),
});

test('a joined device is onboarded without Entra, the vault or a push, and a revocation ends its key at once', async () => {
  const client = 'sealed';
  const device = await joins(client);
  const before = await it.app.get(`clients/${it.secretOf(client)}`);
  expect([before.status, before.body]).toMatchObject([200, { state: 'absent', reach: { kind: 'joined' } }]);
  const { login, secret } = await isOnboarded(client, device);
  expect(await pullManifest(login, 'hello-world')).toMatchObject({ status: 200 });
  const status = async () => (await device.get(`${DEVICE_MESSAGES_PATH}?wait=0`)).status;
  await expect.poll(status, { timeout: PATIENCE * 1000 }).toBe(204);

  const view = reach.parse((await it.app.get(`clients/${it.secretOf(client)}`)).body);
  expect(view.reach).toMatchObject({ kind: 'joined', enrolment: { state: 'used' } });
  expect(topic.deliveries.filter((text) => text.includes(client))).toEqual([]);

  const waiting = device.get(`${DEVICE_MESSAGES_PATH}?wait=25`);
  const [revocation = ''] = await new TakingAway(it).start('revocations', client);
  expect(await waiting).toMatchObject({ status: 403, code: 'device-key-ended' });
  const path = `${DEVICE_SECRETS_PATH}?name=${secret.name}`;
  expect(await device.get(path)).toMatchObject({ status: 403, code: 'device-key-ended' });
  await it.app.get(`operations/${revocation}`);
  expect(await findPasswords(it, topic.deliveries, [login])).toMatchObject({ found: [], inVaultStore: true });
});

test('a device gets nothing of another client, and nothing for a request that was sent before', async () => {
  const [own, other] = await Promise.all([joins('own'), joins('other')]);
  const { secret } = await isOnboarded('own', own);
  const path = `${DEVICE_SECRETS_PATH}?name=${secret.name}&version=${secret.version}`;
  expect(await other.get(path)).toMatchObject({ status: 404, code: 'secret-missing' });

  const authorization = await own.sign(path);
  expect(await own.get(path, authorization)).toMatchObject({ status: 200 });
  expect(await own.get(path, authorization)).toMatchObject({ status: 401, code: 'device-request-replayed' });
  for (const again of [path.replace('secrets', 'Secrets'), `${path}&x=1`, DEVICE_MESSAGES_PATH])
    expect(await own.get(again, authorization)).toMatchObject({ status: 401, code: 'device-signature' });
});
