// @module-tag jumping-clock
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { STANDING } from '@connected-registry/clock/localTime';
import { registryId } from '@connected-registry/local-stack/stack/world';
import { onboardingOf } from './harness/appClient.js';
import { TakingAway } from './harness/takingAway.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

/** A bucket that a few onboardings empty, and that fills at a fifth of the rate that Azure publishes. */
const WRITES = { size: 20, perSecond: 2 };
const FLEET = 30;
const STOLEN = ['stolen-1', 'stolen-2', 'stolen-3'];

/** Real seconds for the work of one moment, to detect work that hangs. */
const WORKS = 120;

const accessToken = z.object({ access_token: z.string() });
const operation = z.object({ status: z.string(), endedAt: z.iso.datetime().optional() });
const counted = z.object({
  principals: z.object({ app: z.object({ arm: z.object({ kinds: z.record(z.string(), z.number()) }) }) }),
});

let it: TestStack;
beforeAll(async () => {
  it = await startTestStack({
    clock: 'jumping',
    settings: { ARM_WRITE_BUCKET: String(WRITES.size), ARM_WRITES_PER_SECOND: String(WRITES.perSecond) },
  });
});
afterAll(() => it.dispose());

/** Sets the clock, or makes it jump. Time between jumps passes at the pace that is set. */
async function clock(path: '' | '/jump', body: object): Promise<number> {
  const answer = await fetch(`${it.stack.clockUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.text();
  expect({ status: answer.status, text }).toMatchObject({ status: 200 });
  return Date.parse(z.object({ now: z.iso.datetime() }).parse(JSON.parse(text)).now);
}

/** Lets all work of this moment end, and moves to the next one. @returns milliseconds since the epoch */
const nextMoment = (): Promise<number> => clock('/jump', { withinSeconds: WORKS });

async function readOperation(id: string) {
  const answer = await it.app.get(`operations/${id}`);
  expect(answer.status).toBe(200);
  return operation.parse(answer.body);
}

async function writesOfApp(): Promise<number> {
  const { endpoints, controlPlane } = it.stack;
  const answer = await controlPlane.https(`${endpoints.azure.arm}/_control/requests`);
  const { write = 0, action = 0 } = counted.parse(answer.body).principals.app.arm.kinds;
  return write + action;
}

/** Another program with the app's principal sends writes until none is left. The app learns it from the next answer. */
async function useAllWrites(): Promise<void> {
  const { controlPlane, endpoints } = it.stack;
  const { https, url, world } = controlPlane;
  const { clientId, clientSecret } = world.identities.app;
  const scope = `${endpoints.azure.arm}/.default`;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
  const { body } = await https(`${url}/${world.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  const authorization = `Bearer ${accessToken.parse(body).access_token}`;
  const absent = { tokenId: `${registryId(world)}/tokens/absent`, name: 'password1' };
  const write = `${url}${registryId(world)}/generateCredentials?api-version=2025-11-01`;
  for (let sent = 0; sent <= WRITES.size; sent += 1)
    if ((await https(write, { method: 'POST', headers: { authorization }, body: absent })).status === 429) return;
  throw new Error('The bucket still has writes.');
}

test('three devices are cut off within five seconds though a fleet has used all writes and waits for more', async () => {
  const { controlPlane, endpoints } = it.stack;
  await clock('', { mode: 'scaled', scale: 1 });
  const onboarded = await Promise.all(STOLEN.map((client) => it.app.start(onboardingOf(client))));
  for (const id of onboarded) expect((await it.app.end(id)).status).toBe('completed');

  await controlPlane.https(`${endpoints.azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: {
      throttling: 1,
      rateLimits: { reads: { size: 250, perSecond: 25 }, writes: WRITES, deletes: { size: 200, perSecond: 10 } },
    },
  });
  await clock('', { mode: 'jumping', scale: STANDING });
  const before = await writesOfApp();
  const fleet = Array.from({ length: FLEET }, (_, n) => it.app.start(onboardingOf(`fleet-${n}`)));
  const ids = await Promise.all(fleet);
  while ((await writesOfApp()) - before < WRITES.size) await nextMoment();

  await useAllWrites();
  const away = new TakingAway(it);
  const revocations = await away.start('revocations', ...STOLEN);
  const requestedAt = Date.parse(
    z.object({ now: z.string() }).parse(await (await fetch(it.stack.clockUrl)).json()).now,
  );
  const ended: number[] = [];
  for (const id of revocations) {
    let seen = await readOperation(id);
    for (; seen.status === 'running'; seen = await readOperation(id)) await nextMoment();
    expect(seen.status).toBe('completed');
    ended.push((Date.parse(seen.endedAt ?? '') - requestedAt) / 1000);
  }
  expect(Math.max(...ended)).toBeLessThanOrEqual(5);
  // The fleet waits longer.
  const running = (await Promise.all(ids.map(readOperation))).filter(({ status }) => status === 'running');
  expect(running.length).toBeGreaterThan(FLEET / 2);
  await clock('', { mode: 'scaled', scale: 1 });
});
