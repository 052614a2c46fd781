import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRolloutWorld, useRolloutTime } from '../../fakes/worlds/rolloutWorld.js';

beforeEach(useRolloutTime);
afterEach(() => void vi.useRealTimers());

/** Seconds between two rounds of a rollout whose rows all run for 200 seconds. */
async function gapsOf(rows: number) {
  const world = createRolloutWorld({ plan: { rows }, ending: () => ({ seconds: 200, state: 'completed' }) });
  const { calls, outcome } = await world.run();
  expect(outcome.counts.completed).toBe(rows);
  const rounds = calls.filter(({ name }) => name === 'advanceRollout').map(({ at }) => at.getTime() / 1000);
  return rounds.slice(1).map((at, nth) => at - (rounds[nth] ?? 0));
}

test('rounds become rarer while nothing changes, unless they cannot read all running operations', async () => {
  expect(Math.max(...(await gapsOf(80)))).toBeGreaterThanOrEqual(12);
  useRolloutTime();
  // All have ended at the same time, after which two rounds find the ends.
  expect(Math.max(...(await gapsOf(140)))).toBeLessThanOrEqual(4);
});
