import { afterAll, beforeAll, expect, test } from 'vitest';
import { playAll, ScheduleRunner, seedsToPlay } from '../e2e/races/scheduleRun.js';
import { SEEDS } from '../e2e/races/seeds.js';

const STACKS = 4;

let runners: ScheduleRunner[];
beforeAll(async () => {
  runners = await Promise.all(Array.from({ length: STACKS }, () => ScheduleRunner.open()));
}, 120_000);
afterAll(() => Promise.all(runners.map((runner) => runner.close())), 60_000);

test('two hundred random schedules of events, kills and foreign writes break no invariant', async () => {
  expect(await playAll(runners, seedsToPlay(SEEDS.onboardings.long))).toEqual([]);
}, 2_400_000);

test('a hundred random schedules with rotations, offboardings and revocations break no invariant', async () => {
  expect(await playAll(runners, seedsToPlay(SEEDS.mixed.long), 'mixed')).toEqual([]);
}, 2_400_000);

test('no password appears outside the vault after them', async () => {
  for (const runner of runners) expect(await runner.passwordsFound()).toEqual([]);
}, 120_000);
