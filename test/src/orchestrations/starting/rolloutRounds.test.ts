import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pauseSeconds } from '../../../../src/orchestrations/rollout/gates.js';
import { createRolloutWorld, useRolloutTime } from '../../fakes/worlds/rolloutWorld.js';

beforeEach(useRolloutTime);
afterEach(() => void vi.useRealTimers());

/** The longest time between two rounds of a rollout whose rows all run for some seconds. */
async function longestGap(rows: number, seconds: number) {
  useRolloutTime();
  const world = createRolloutWorld({ plan: { rows }, ending: () => ({ seconds, state: 'completed' }) });
  const { calls, outcome } = await world.run();
  expect(outcome.counts.completed).toBe(rows);
  const rounds = calls.filter(({ name }) => name === 'advanceRollout').map(({ at }) => at.getTime() / 1000);
  return Math.max(...rounds.slice(1).map((at, nth) => at - (rounds[nth] ?? 0)));
}

test('rounds become rarer while nothing changes, and later if they cannot read all running operations', async () => {
  expect(await longestGap(80, 50)).toBeGreaterThanOrEqual(12);
  expect(await longestGap(140, 50)).toBeLessThanOrEqual(4);
  expect(await longestGap(140, 400)).toBeGreaterThanOrEqual(12);
});

test('a paused rollout goes on in short rounds while it has not read all running operations', () => {
  const seconds = (hasUnread: object) =>
    pauseSeconds({ status: 'paused' }, undefined, { idle: 9, ...hasUnread }, 500, new Date());
  expect([seconds({}), seconds({ hasUnread: true }), seconds({ hasUnread: true, idle: 30 })]).toEqual([15, 3, 15]);
});

test('a resumed rollout does not count failures of the time before, however many it had not read yet', async () => {
  const world = createRolloutWorld({
    plan: { rows: 310, waves: { canary: 300, size: 10, pauseSeconds: 0 }, failureLimit: { percent: 1, minimum: 5 } },
    ending: (client) =>
      Number(client.slice(1)) < 300 ? { seconds: 41, state: 'failed', code: 'x' } : { seconds: 5, state: 'completed' },
  });
  const seen: unknown[] = [];
  world.after(30, () => world.command('pause'));
  // A round has read a hundred of three hundred ends by then.
  world.after(43, () => {
    seen.push(world.control.status, world.control.counts.failed < 200);
    return world.command('resume');
  });
  const { outcome } = await world.run();
  expect(seen).toEqual(['paused', true]);
  expect(outcome).toMatchObject({ status: 'completed', counts: { failed: 300, completed: 10 } });
  expect(world.world.alerts.paused.size).toBe(0);
});

test.each([-120, 0, 120])(
  'failures pause a resumed rollout whose control is %d seconds ahead',
  async (controlAhead) => {
    const world = createRolloutWorld({
      plan: { rows: 40, waves: { size: 4, pauseSeconds: 0 }, failureLimit: { percent: 50, minimum: 4 } },
      ending: () => ({ seconds: 20, state: 'failed', code: 'x' }),
      controlAhead,
    });
    world.after(5, () => world.command('pause'));
    world.after(10, () => world.command('resume'));
    const seen: unknown[] = [];
    world.after(600, () => {
      seen.push(world.control.status, world.control.reason, world.control.counts.failed);
      return world.command('cancel');
    });
    await world.run();
    // The first read after the resumption finds the first wave's failures, which may be older.
    expect(seen).toEqual(['paused', 'failure-limit', 8]);
  },
);

test('operators are alerted of each pause, also if no round has seen the rollout running between two', async () => {
  const world = createRolloutWorld({
    plan: { rows: 12, waves: { size: 4, pauseSeconds: 0 }, failureLimit: { percent: 50, minimum: 4 } },
    ending: () => ({ seconds: 20, state: 'failed', code: 'x' }),
  });
  const pauses: (string | undefined)[] = [];
  for (const at of [600, 1200])
    world.after(at, () => {
      pauses.push(world.control.pausedAt);
      return world.command('resume');
    });
  await world.run();
  expect([...world.world.alerts.paused.values()].map(({ pausedAt }) => pausedAt)).toEqual(pauses);
  expect(new Set(pauses).size).toBe(2);
});

test.each([
  ['pause', 0],
  ['cancel', 0],
  ['pause', 3_600_000],
] as const)(
  '%s stops the starts of a round in progress within two seconds, also if the clock is set back by %d ms',
  async (command, step) => {
    let starts = 0;
    const world = createRolloutWorld({
      plan: { rows: 40 },
      pace: {
        room: () => Infinity,
        // Each start takes a tenth of a second, and the command comes after half a second.
        started: () => {
          starts += 1;
          vi.setSystemTime(Date.now() + 100 - (starts === 4 ? step : 0));
          if (starts === 5) void world.command(command);
        },
      },
    });
    const seen: number[] = [];
    world.after(100, () => {
      seen.push(world.clients.started.length);
      return command === 'pause' ? world.command('resume') : undefined;
    });
    await world.run();
    // A cancelled rollout has ended before.
    if (seen.length === 0) seen.push(world.clients.started.length);
    // Ten starts may be in progress at once.
    expect(seen[0]).toBeLessThanOrEqual(31);
    expect(seen[0]).toBeGreaterThanOrEqual(5);
  },
);
