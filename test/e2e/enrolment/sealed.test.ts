import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DEVICE_MESSAGES_PATH, DEVICE_SECRETS_PATH } from '@connected-registry/protocol/enrolment/messages';
import { onboardingOf } from '../harness/appClient.js';
import { pullManifest } from '../harness/edge.js';
import { PATIENCE } from '../harness/hostUnderTest.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { TakingAway } from '../harness/takingAway.js';
import { TestDevice } from '../harness/testDevice.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import type { JoinedDevice } from './joinedDevice.js';
import { Joiner } from './joiner.js';
import { completeSealed, joinAs } from './sealedRun.js';

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

const joins = (client: string) => joinAs(it, joiner, client);
const isOnboarded = async (client: string, device: JoinedDevice) =>
  completeSealed(it, await it.app.start(onboardingOf(client)), client, device);

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
  const listed = await it.app.get(`clients?client=${client}&reach=true`);
  expect(listed.body).toMatchObject({ clients: [{ client, reach: view.reach }] });
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
