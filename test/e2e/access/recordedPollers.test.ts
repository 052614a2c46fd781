import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { channelEnvironment } from '@connected-registry/local-stack/stack/localDevice';
import { devicePlan } from '@connected-registry/local-stack/stack/plans';
import { onboardingOf } from '../harness/appClient.js';
import { PATIENCE } from '../harness/hostUnderTest.js';
import { TakingAway } from '../harness/takingAway.js';
import { startTestStack, type TestStack } from '../harness/testStack.js';

/* No setting names a poller here: the app is started once, and learns of each device by its onboarding. */

let it: TestStack;
let away: TakingAway;
/** Object ids of the device's identity, and of one that polls in the test's hands. */
let device: string;
let other: string;
/** What an agent that polls is told of the app. */
let channel: Readonly<Record<string, string>>;
beforeAll(async () => {
  it = await startTestStack({ device: false });
  away = new TakingAway(it);
  const { identities } = it.stack.controlPlane.world;
  device = identities.device.objectId;
  other = identities.operator.objectId;
  const { world, operator } = it.stack.controlPlane;
  channel = await channelEnvironment({ channel: { kind: 'poll' } }, world, operator);
});
afterAll(() => it.dispose());

const accessToken = z.object({ access_token: z.string() });
const pending = z.object({ messages: z.array(z.object({ data: z.object({ client: z.string() }) })) });
const reach = z.object({
  reach: z.object({
    kind: z.string(),
    poller: z.object({ objectId: z.string(), lastContactAt: z.string().optional() }).optional(),
  }),
});

/** Polls once with an identity. @returns the status, and the clients of the messages */
async function poll(who: 'device' | 'operator'): Promise<[number, string[]]> {
  const { https, url, world } = it.stack.controlPlane;
  const { clientId, clientSecret } = world.identities[who];
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: `${channel['POLL_AUDIENCE']}/.default`,
  };
  const { body } = await https(`${url}/${world.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  const authorization = `Bearer ${accessToken.parse(body).access_token}`;
  const answer = await it.app.request('pull-checks/pending', { headers: { authorization } });
  const messages = answer.status === 200 ? pending.parse(answer.body).messages : [];
  return [answer.status, messages.map(({ data }) => data.client).toSorted()];
}

const SOON = { timeout: PATIENCE * 1000 };
const start = (client: string, poller: string) => it.app.start(onboardingOf(client, { poller }));
const asked = (id: string) => it.app.watch(id, ({ steps }) => steps.some(({ name }) => name === 'pullCheck'));

async function startAgent(): Promise<void> {
  const { stack } = it;
  await stack.start('device', devicePlan(stack.ground, stack.controlPlane.world, channel));
}

async function endRun(id: string): Promise<void> {
  await it.app.post({}, `operations/${id}/cancel`);
  expect((await it.app.end(id)).status).toBe('rolledBack');
}

test('a new device is reached by its polls without a restart of the app, and no other identity is', async () => {
  expect(await poll('device')).toEqual([403, []]);
  const { pid } = it.stack.endpoints.functions;
  const id = await start('new', device);
  await asked(id);
  await expect.poll(() => poll('device'), SOON).toEqual([200, ['new']]);
  expect(await poll('operator')).toEqual([403, []]);

  await startAgent();
  expect(await it.app.end(id)).toMatchObject({
    status: 'completed',
    result: { pull: { image: 'hello-world:latest' } },
  });
  const view = reach.parse((await it.app.get(`clients/${it.secretOf('new')}`)).body);
  expect(view.reach).toMatchObject({ kind: 'poll', poller: { objectId: device, lastContactAt: expect.any(String) } });

  const writes = await it.armWrites(async () =>
    expect((await it.app.end(await start('new', device))).status).toBe('completed'),
  );
  expect(writes).toBe(0);
  expect(it.stack.endpoints.functions.pid).toBe(pid);
});

test('another poller takes the place of the first, which is back when the run is undone', async () => {
  const id = await start('new', other);
  await asked(id);
  await expect.poll(() => poll('operator'), SOON).toEqual([200, ['new']]);
  expect((await poll('device'))[0]).toBe(403);
  await endRun(id);
  await expect.poll(() => poll('operator'), SOON).toEqual([403, []]);
  expect((await poll('device'))[0]).not.toBe(403);
});

test(
  'a host that is killed while the poller is set goes on, and record and index agree',
  { tags: 'kills-again' },
  async () => {
    for (const pause of [0, 100, 300]) {
      const client = `killed-${pause}`;
      const id = await start(client, other);
      await sleep(pause);
      await it.crashHost();
      await asked(id);
      await expect.poll(() => poll('operator'), SOON).toEqual([200, [client]]);
      await endRun(id);
      await expect.poll(() => poll('operator'), SOON).toEqual([403, []]);
    }
  },
);

test('a revocation and an offboarding end it at once', async () => {
  const revoked = await away.revoke('new');
  expect(revoked.result?.disabled).toContain(`poller ${device}`);
  expect(await poll('device')).toEqual([403, []]);

  expect((await it.app.end(await start('new', device))).status).toBe('completed');
  expect((await poll('device'))[0]).not.toBe(403);
  const offboarded = await away.offboard('new');
  expect(offboarded.result?.removed).toContain(`poller ${device}`);
  expect(await poll('device')).toEqual([403, []]);
});
