// @module-tag jumping-clock
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { STANDING } from '@connected-registry/clock/localTime';
import { onboardingOf } from './harness/appClient.js';
import { TakingAway } from './harness/takingAway.js';
import { startTestStack, type TestStack } from './harness/testStack.js';

/** A bucket that a few onboardings empty, and that fills slowly. */
const WRITES = { size: 20, perSecond: 1 };
const FLEET = 30;
const STOLEN = ['stolen-1', 'stolen-2', 'stolen-3'];

/** Real seconds for the work of one moment, to detect work that hangs. */
const WORKS = 120;

const operation = z.object({ status: z.string(), endedAt: z.iso.datetime().optional() });
const counted = z.object({
  principals: z.object({
    app: z.object({ arm: z.object({ kinds: z.record(z.string(), z.number()), refused: z.number().optional() }) }),
  }),
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

  const away = new TakingAway(it);
  const revocations = await away.start('revocations', ...STOLEN);
  const requestedAt = Date.parse(z.object({ now: z.string() }).parse(await (await fetch(it.stack.clockUrl)).json()).now);
  const ended: number[] = [];
  for (const id of revocations) {
    let seen = await readOperation(id);
    for (; seen.status === 'running'; seen = await readOperation(id)) await nextMoment();
    expect(seen.status).toBe('completed');
    ended.push((Date.parse(seen.endedAt ?? '') - requestedAt) / 1000);
  }
  console.log({ ended, writes: (await writesOfApp()) - before });
  expect(Math.max(...ended)).toBeLessThanOrEqual(5);
  // The fleet still waits: nobody else was served in the meantime at a higher rate than the bucket has.
  const running = (await Promise.all(ids.map(readOperation))).filter(({ status }) => status === 'running');
  expect(running.length).toBeGreaterThan(FLEET / 2);
  await clock('', { mode: 'scaled', scale: 1 });
});
