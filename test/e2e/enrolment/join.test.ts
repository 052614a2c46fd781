import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Admission } from '@connected-registry/protocol/enrolment/messages';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { until } from '../../shared/until.js';
import { PATIENCE } from '../harness/hostUnderTest.js';
import { takingAway, TakingAway } from '../harness/takingAway.js';
import { TestDevice } from '../harness/testDevice.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';
import { devices, Joiner } from './joiner.js';

const PROFILES = JSON.stringify([
  {
    name: 'at-once',
    match: { device: 'auto-*' },
    connectedRegistry: 'myconnectedregistry',
    repositories: ['hello-world'],
    onJoin: 'onboard',
  },
]);

let it: TestStack;
let joiner: Joiner;
let topic: TestDevice;
beforeAll(async () => {
  it = await startTestStack({ device: false, settings: { PROFILES } });
  joiner = new Joiner(it);
  topic = await TestDevice.subscribe(it);
});
afterAll(async () => {
  await topic.close();
  await it.dispose();
});

const event = z.object({ type: z.string(), data: z.object({ client: z.string().optional() }).loose() });
const events = z.union([z.array(event), event.transform((one) => [one])]);
const alertsAbout = (client: string) =>
  topic.deliveries
    .flatMap((text) => events.parse(JSON.parse(text)))
    .filter(({ type, data }) => type === 'ConnectedRegistry.EnrolmentRefused' && data.client === client)
    .map(({ data }) => data);

const keyOf = (client: string) => clientKey({ registry: it.stack.endpoints.azure.registry, ...joiner.named(client) });

function admissionIn(answer: Awaited<ReturnType<Joiner['redeem']>>): Admission {
  if (!answer?.joined) throw new Error(`The device has not joined: ${JSON.stringify(answer)}`);
  return answer.joined;
}

async function revoke(client: string): Promise<void> {
  const answer = await it.app.post({ clients: [joiner.named(client)] }, 'revocations');
  const { operations } = z.object({ operations: z.array(z.object({ id: z.string() })) }).parse(answer.body);
  const [{ id } = { id: '' }] = operations;
  await expect
    .poll(async () => takingAway.parse((await it.app.get(`operations/${id}`)).body).status, {
      timeout: PATIENCE * 1000,
    })
    .toBe('completed');
}

test('a device joins, repeats what it got no reply to, is rebuilt, and is revoked; a thief is not let in', async () => {
  const client = 'joins';
  const [device, thief, rebuilt, next] = (await devices(4)) as [Device, Device, Device, Device];
  const token = await joiner.token(client);
  const first = await joiner.redeem(device, token);
  expect(first).toMatchObject({ status: 200, joined: { client, thumbprint: device.thumbprint } });
  expect(await joiner.redeem(device, token)).toEqual(first);

  expect(await joiner.redeem(thief, token, '203.0.113.9')).toMatchObject({ status: 403, code: 'join-token-used' });
  await expect
    .poll(() => alertsAbout(client), { timeout: PATIENCE * 1000 })
    .toMatchObject([{ client, reason: 'used', thumbprint: thief.thumbprint, address: '203.0.113.9' }]);

  const renewed = await joiner.renew(device, next, admissionIn(first));
  expect(renewed).toMatchObject({ status: 200, joined: { client, thumbprint: next.thumbprint } });
  expect(await joiner.renew(device, next, admissionIn(first))).toEqual(renewed);
  expect(await joiner.redeem(device, token)).toMatchObject({ status: 403, code: 'join-token-used' });

  const second = await joiner.token(client, { replace: true });
  const again = await joiner.redeem(rebuilt, second);
  expect(again).toMatchObject({ status: 200, joined: { client, thumbprint: rebuilt.thumbprint } });
  expect(await joiner.renew(next, device, admissionIn(renewed))).toMatchObject({ code: 'device-key-ended' });

  const third = await joiner.token(client, { replace: true });
  await revoke(client);
  expect(await joiner.redeem(thief, third)).toMatchObject({ status: 410, code: 'join-token-unknown' });
  expect(await joiner.redeem(rebuilt, second)).toMatchObject({ status: 410, code: 'join-token-unknown' });
  expect(await joiner.renew(rebuilt, next, admissionIn(again))).toMatchObject({ code: 'device-key-ended' });

  // A token that is issued later lets a device in again.
  expect(await joiner.redeem(next, await joiner.token(client))).toMatchObject({ status: 200 });
});

test('of two devices with one token at the same moment, one joins', async () => {
  for (let nth = 0; nth < 5; nth += 1) {
    const client = `race-${nth}`;
    const token = await joiner.token(client);
    const answers = await Promise.all((await devices(2)).map((one) => joiner.redeem(one, token)));
    expect(answers.map((answer) => answer?.code ?? 'joined')).toEqual(
      expect.arrayContaining(['joined', 'join-token-used']),
    );
  }
});

/** Milliseconds between a redemption and the end of the host. */
const KILLED_AFTER = [0, 10, 40] as const;

test('a device whose redemption the host did not survive repeats it, and joins; no other does', async () => {
  for (const pause of KILLED_AFTER) {
    const client = `killed-${pause}`;
    const token = await joiner.token(client);
    const [device, other] = (await devices(2)) as [Device, Device];
    const lost = joiner.redeem(device, token);
    await sleep(pause);
    await it.crashHost();
    await lost;
    await expect
      .poll(async () => (await joiner.redeem(device, token))?.joined?.thumbprint, { timeout: PATIENCE * 1000 })
      .toBe(device.thumbprint);
    expect(await joiner.redeem(other, token)).toMatchObject({ code: 'join-token-used' });
  }
});

/** Resolves as soon as the local host keeps the signal that lets a device in. */
async function signalled(client: string): Promise<void> {
  const folder = join(it.stack.ground.dataFolder, 'host', 'durable');
  // The message's beginning, up to the name of its operation.
  const message = new RegExp(`"i":"@client@${keyOf(client)}","m":\\{.{0,260}\\\\"op\\\\":\\\\"redeem`);
  const isKept = (): boolean =>
    readdirSync(folder).some((name) => message.test(readFileSync(join(folder, name), 'utf8')));
  await until(isKept, (kept) => kept, 'the host keeps the signal', { pause: 1 });
}

test(
  'a host that dies between the signal and the answer has let the device in, or lets it in when it asks again',
  { tags: 'local-host' },
  async () => {
    const client = 'unanswered';
    const token = await joiner.token(client);
    const [device, other] = (await devices(2)) as [Device, Device];
    const lost = joiner.redeem(device, token);
    await signalled(client);
    await it.crashHost();
    expect(await lost).toBeUndefined();
    // Whoever comes first now: the signal was kept, so the token is the device's.
    expect(await joiner.redeem(other, token)).toMatchObject({ status: 403, code: 'join-token-used' });
    expect(await joiner.redeem(device, token)).toMatchObject({
      status: 200,
      joined: { thumbprint: device.thumbprint },
    });
  },
);

test('a profile has a device onboarded as soon as it joins, once', async () => {
  const client = 'auto-1';
  const [device] = (await devices(1)) as [Device];
  const token = await joiner.token(client);
  for (let nth = 0; nth < 3; nth += 1) expect(await joiner.redeem(device, token)).toMatchObject({ status: 200 });
  const found = await it.app.get(`clients/${keyOf(client)}/operations`);
  const { operations } = z
    .object({ operations: z.array(z.object({ id: z.string(), kind: z.string(), actor: z.string() })) })
    .parse(found.body);
  expect(operations).toMatchObject([{ kind: 'onboard', actor: 'join' }]);
  expect((await it.app.post({}, `operations/${operations[0]?.id}/cancel`)).status).toBe(202);
  await it.app.end(operations[0]?.id ?? '');
});

test('a client that has only joined is offboarded, and its device is not let in any more', async () => {
  const client = 'only-joined';
  const [device] = (await devices(1)) as [Device];
  const token = await joiner.token(client);
  await joiner.redeem(device, token);
  const ended = await new TakingAway(it).offboard(client);
  expect(ended).toMatchObject({ status: 'completed', result: { changed: true } });
  expect(ended.result?.removed).toEqual([`device key ${device.thumbprint}`]);
  expect(await joiner.redeem(device, token)).toMatchObject({ status: 410, code: 'join-token-unknown' });
});

test('no join token, pass or channel key is in a file: a log, durable state, a request of the simulators', async () => {
  const [device] = (await devices(1)) as [Device];
  const token = await joiner.token('secretive');
  const joined = (await joiner.redeem(device, token))?.joined;
  const random = String(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).at(-1));
  const hash = createHash('sha256').update(token).digest('base64url');
  const { dataFolder } = it.stack.ground;
  const files = readdirSync(dataFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  const places = (text: string) => files.filter((content) => content.includes(text)).length;
  if (!joined) throw new Error('The device has joined.');
  const secrets = [token, ...token.split('.').slice(1, 2), ...token.split('.').slice(3), random];
  expect([...secrets, joined.pass, joined.channelKey].map(places)).toEqual([0, 0, 0, 0, 0, 0]);
  // The search finds what is there.
  expect(places(hash)).toBeGreaterThan(0);
});

type Device = Awaited<ReturnType<typeof devices>>[number];
