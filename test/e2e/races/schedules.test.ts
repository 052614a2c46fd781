import { afterAll, beforeAll, expect, test } from 'vitest';
import { playAll, ScheduleRunner, seedsToPlay } from './scheduleRun.js';
import { SEEDS } from './seeds.js';

// `npm run test:long` plays many more (test/long/schedules.long.test.ts).
const { onboardings, mixed } = SEEDS;

let runners: ScheduleRunner[];
beforeAll(async () => {
  runners = [await ScheduleRunner.open()];
}, 900_000);
afterAll(() => Promise.all(runners.map((runner) => runner.close())));

test('a random schedule of duplicate, reordered and delayed events, kills and foreign writes breaks no invariant', async () => {
  expect(await playAll(runners, seedsToPlay(onboardings.default))).toEqual([]);
}, 900_000);

test('a random schedule with rotations, offboardings and revocations breaks no invariant, and each client’s last request applies', async () => {
  expect(await playAll(runners, seedsToPlay(mixed.default), 'mixed')).toEqual([]);
}, 900_000);

test('no password appears outside the vault after them', async () => {
  for (const runner of runners) expect(await runner.passwordsFound()).toEqual([]);
}, 900_000);
