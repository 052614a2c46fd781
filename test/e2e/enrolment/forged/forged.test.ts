import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DEVICE_MESSAGES_PATH } from '@connected-registry/protocol/enrolment/messages';
import { PULL_CHECK_REQUESTED, pullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { onboardingOf } from '../../harness/appClient.js';
import { ON_REAL_HOST, PATIENCE } from '../../harness/hostUnderTest.js';
import { findPasswords } from '../../harness/passwordSearch.js';
import { ofRing } from '../../harness/ring.js';
import { startTestStack, type TestStack } from '../../harness/testStack.js';
import { SeededRandom } from '../../races/seededRandom.js';
import { JoinedDevice, loginIn } from '../joinedDevice.js';
import { devices, Joiner } from '../joiner.js';
import { FAMILIES } from './families/index.js';
import type { Family } from './forging.js';
import { sendRaw } from './rawRequest.js';
import { reasonOf } from './reasons.js';
import { setScene, type Scene } from './scene.js';

/*
 * Forged requests over HTTP, with a credential and a message to gain: none is let in, each is refused for its own
 * reason, and the right devices do afterwards what they did before.
 */

/** The same requests in each run, but for keys, random values and times. */
const SEED = 2026;
/** Requests of each family. */
const EACH = ofRing({ default: ON_REAL_HOST ? 6 : 24, long: 240 });
/**
 * Requests of each family with the devices of one scene: those with a right signature count against its 60 a minute.
 */
const EACH_OF_SCENE = 6;
const TOTAL = EACH * FAMILIES.length;
/** Requests at the same time. */
const AT_ONCE = 8;

let it: TestStack;
let scenes: Scene[];
beforeAll(async () => {
  it = await startTestStack({
    device: false,
    settings: { REPORTS_PER_MINUTE: '100000', PULL_CHECK_DEADLINE_SECONDS: '3600' },
  });
  scenes = [];
  for (let nth = 0; nth * EACH_OF_SCENE < EACH; nth += 1) scenes.push(await setScene(it, `scene-${nth}`));
});
afterAll(() => it.dispose());

const withReach = z.object({ reach: z.object({ kind: z.string() }).loose() });

/** What the records of all clients say of devices and join tokens. */
async function records(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const clients = scenes.flatMap(({ victim, own, openFor }): ClientReference[] => [victim.client, own.client, openFor]);
  for (const client of clients) {
    const { body } = await it.app.get(`clients/${clientKey(client)}`);
    found[client.client] = withReach.parse(body).reach;
  }
  return found;
}

/** Has each device ask for messages once, which the records note once in an hour. */
async function makeContact(): Promise<void> {
  const parties = scenes.flatMap(({ victim, own }) => [victim, own]);
  for (const party of parties) await new JoinedDevice(it, party.device, party).get(`${DEVICE_MESSAGES_PATH}?wait=0`);
  const noted = async () => JSON.stringify(await records()).match(/"lastContactAt"/g)?.length;
  await expect.poll(noted, { timeout: PATIENCE * 1000 }).toBe(parties.length);
}

const operations = z.object({ operations: z.array(z.object({ id: z.string() })) });
const operationsOf = async (client: ClientReference) =>
  operations.parse((await it.app.get(`clients/${clientKey(client)}/operations`)).body).operations.map(({ id }) => id);

interface Attempt {
  readonly family: Family;
  readonly scene: Scene;
  readonly seed: number;
}

/** Each family in turn, so that no device sends all of its requests in one minute. */
function attempts(): Attempt[] {
  return Array.from({ length: TOTAL }, (_, nth) => {
    const round = Math.floor(nth / FAMILIES.length);
    const family = FAMILIES[nth % FAMILIES.length];
    const scene = scenes[round % scenes.length];
    if (!family || !scene) throw new Error('There are families and scenes.');
    return { family, scene, seed: SEED * 1_000_003 + nth };
  });
}

/** @returns why the request was refused; the app's answer, if it was not refused or what it repeats was not accepted */
async function refusalOf({ family, scene, seed }: Attempt): Promise<string> {
  const { url } = it.stack.endpoints.functions;
  const { request, before } = await family.forge(scene, new SeededRandom(seed), new Date());
  const first = before && (await sendRaw(url, before));
  if (first && ![200, 204].includes(first.status) && !first.text.includes('"secret-missing"'))
    return `not accepted before it was repeated: ${JSON.stringify(first)}`;
  const answer = await sendRaw(url, request);
  try {
    return reasonOf(answer);
  } catch (error) {
    return `${String(error)}, for ${JSON.stringify(request)}`;
  }
}

test(`none of ${TOTAL} forged requests is let in or changes anything, and each is refused for its own reason`, async () => {
  const [first] = scenes;
  if (!first) throw new Error('There is a scene.');
  const { victim, openFor, open } = first;
  const operation = await it.app.start(onboardingOf(victim.client.client));
  const device = new JoinedDevice(it, victim.device, victim);
  const pending = pullCheckRequested.parse((await device.message(PULL_CHECK_REQUESTED)).data);
  const candidate = await device.secret(pending.secret);
  await makeContact();
  const before = await records();
  const answered = it.app.seen.length;

  const left = attempts();
  const refused = new Map<string, Map<string, number>>(FAMILIES.map(({ name }) => [name, new Map()]));
  const wrong: string[] = [];
  const sender = async () => {
    for (let attempt = left.shift(); attempt; attempt = left.shift()) {
      const { name, reasons } = attempt.family;
      const reason = await refusalOf(attempt);
      if (!(reasons as readonly string[]).includes(reason)) wrong.push(`${name} (${attempt.seed}): ${reason}`);
      const counts = refused.get(name);
      counts?.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  expect(wrong).toEqual([]);
  const counts = [...refused.values()].flatMap((one) => [...one.values()]);
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(TOTAL);
  const notForItsOwnReason = FAMILIES.filter(({ name, reasons: [own] }) => !refused.get(name)?.has(own));
  expect(notForItsOwnReason.map(({ name }) => name)).toEqual([]);

  // Nothing has changed.
  expect(await records()).toEqual(before);
  expect(await operationsOf(victim.client)).toEqual([operation]);
  expect(it.app.seen.length).toBeGreaterThan(answered);

  // The right devices are let in as before.
  expect(pullCheckRequested.parse((await device.message(PULL_CHECK_REQUESTED)).data).secret).toEqual(pending.secret);
  expect(await device.secret(pending.secret)).toEqual(candidate);
  const joiner = new Joiner(it);
  const [next, joins] = await devices(2);
  if (!next || !joins) throw new Error('There are devices.');
  expect(await joiner.renew(victim.device, next, victim)).toMatchObject({ status: 200 });
  expect(await joiner.redeem(joins, open)).toMatchObject({ status: 200, joined: { client: openFor.client } });
  expect(await findPasswords(it, [], [loginIn(candidate.value)])).toMatchObject({ found: [] });
  await it.app.post({}, `operations/${operation}/cancel`);
  await it.app.end(operation);
});
