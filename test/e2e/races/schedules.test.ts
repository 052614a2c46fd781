import { afterAll, beforeAll, expect, test } from 'vitest';
import { playAll, ScheduleRunner, seedsToPlay } from './scheduleRun.js';

/** `npm run test:long` plays more. */
const SEEDS = 2;
const MIXED_SEEDS = 2;

let runners: ScheduleRunner[];
beforeAll(async () => {
  runners = [await ScheduleRunner.open()];
}, 900_000);
afterAll(() => Promise.all(runners.map((runner) => runner.close())));

test('random schedules of duplicate, reordered and delayed events, kills and foreign writes break no invariant', async () => {
  expect(await playAll(runners, seedsToPlay(SEEDS))).toEqual([]);
}, 900_000);

test('random schedules with rotations, offboardings and revocations break no invariant, and each client’s last request applies', async () => {
  expect(await playAll(runners, seedsToPlay(MIXED_SEEDS), 'mixed')).toEqual([]);
}, 900_000);

test('no password appears outside the vault after them', async () => {
  for (const runner of runners) expect(await runner.passwordsFound()).toEqual([]);
}, 900_000);
