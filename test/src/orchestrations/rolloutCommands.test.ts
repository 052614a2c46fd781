import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Ending } from '../fakes/services/clientRuns.js';
import { createRolloutWorld, useRolloutTime } from '../fakes/worlds/rolloutWorld.js';

beforeEach(useRolloutTime);
afterEach(() => void vi.useRealTimers());

const FAILS = { seconds: 20, state: 'failed', code: 'sync-overdue' } as const;
const COMPLETES = { seconds: 20, state: 'completed' } as const;

describe('the failure limit', () => {
  const limited = (ending: (client: string, nth: number) => Ending) =>
    createRolloutWorld({
      plan: {
        rows: 12,
        name: 'spring',
        waves: { size: 4, pauseSeconds: 0 },
        failureLimit: { percent: 50, minimum: 4 },
      },
      ending,
    });

  test('pauses a rollout, alerts operators once, and a resumed one counts anew', async () => {
    const world = limited(() => FAILS);
    const seen: unknown[] = [];
    world.after(600, () => {
      seen.push(world.control.status, world.control.reason, world.clients.started.length);
      return world.command('resume');
    });
    world.after(1_200, () => {
      seen.push(world.control.status, world.control.reason, world.clients.started.length);
      return world.command('resume');
    });

    const { outcome } = await world.run();

    expect(seen).toEqual(['paused', 'failure-limit', 4, 'paused', 'failure-limit', 8]);
    expect(outcome).toMatchObject({ status: 'completed', counts: { failed: 12 } });
    expect([...world.world.alerts.paused.values()]).toMatchObject([
      { rollout: world.plan.id, name: 'spring', rows: 12, failed: 4, failures: { 'sync-overdue': 4 } },
      { failed: 8 },
    ]);
    expect([...world.world.alerts.completed.values()]).toMatchObject([{ failed: 12, completed: 0, cancelled: 0 }]);
  });

  test('is not reached by fewer failures than the minimum, or a lower share', async () => {
    const few = limited((client) => (['c0', 'c1', 'c2'].includes(client) ? FAILS : COMPLETES));
    expect((await few.run()).outcome).toMatchObject({ status: 'completed', counts: { failed: 3, completed: 9 } });

    useRolloutTime();
    const share = limited((client) => (['c0', 'c4', 'c5', 'c9'].includes(client) ? FAILS : COMPLETES));
    expect((await share.run()).outcome).toMatchObject({ status: 'completed', counts: { failed: 4, completed: 8 } });
    expect(share.world.alerts.paused.size).toBe(0);
  });

  test('lets failed rows be tried again in order, each by a run of its own', async () => {
    const isFirstWave = (client: string) => ['c0', 'c1', 'c2', 'c3'].includes(client);
    const world = limited((client, nth) => (isFirstWave(client) && nth === 1 ? FAILS : COMPLETES));
    world.after(600, () => world.command('retry-failed'));
    world.after(900, () => world.command('resume'));

    const { outcome } = await world.run();

    expect(outcome.counts).toMatchObject({ completed: 12, failed: 0 });
    const clients = world.clients.started.map(({ client }) => client);
    const [first, again] = [clients.slice(0, 4), clients.slice(4, 8)];
    expect(again).toEqual(first);
    expect(new Set(world.clients.started.map(({ id }) => id.run)).size).toBe(16);
    expect(world.rows[0]).toMatchObject({ state: 'completed', retry: 1 });
  });
});

describe('an operator', () => {
  const waved = () => createRolloutWorld({ plan: { rows: 9, waves: { size: 3, pauseSeconds: 60 } } });
  /** In the first wave, in the pause after it, in the second wave. */
  const STAGES = [1, 40, 90];

  test.each(STAGES)('pauses a rollout %i seconds after its start: nothing starts until it is resumed', async (at) => {
    const world = waved();
    const counts: number[] = [];
    world.after(at, () => world.command('pause'));
    world.after(at + 30, () => void counts.push(world.clients.started.length));
    world.after(at + 3_000, () => {
      counts.push(world.clients.started.length);
      return world.command('resume');
    });
    const { outcome } = await world.run();
    expect(counts[1]).toBe(counts[0]);
    expect(counts[0]).toBeLessThan(9);
    expect(outcome).toMatchObject({ status: 'completed', counts: { completed: 9 } });
    expect(world.world.alerts.paused.size).toBe(0);
  });

  test.each(STAGES)('cancels a rollout %i seconds after its start: what runs goes on to its end', async (at) => {
    const world = waved();
    let started = 0;
    world.after(at, () => {
      started = world.clients.started.length;
      return world.command('cancel');
    });
    const { outcome } = await world.run();
    expect(world.clients.started).toHaveLength(started);
    expect(outcome).toMatchObject({ status: 'cancelled', counts: { completed: started, cancelled: 9 - started } });
    expect(world.control).toMatchObject({ status: 'cancelled' });
    expect(world.claims).toEqual({});
  });

  test('cancels a paused rollout', async () => {
    const world = waved();
    world.after(110, () => world.command('pause'));
    world.after(600, () => world.command('cancel'));
    expect((await world.run()).outcome).toMatchObject({ status: 'cancelled', counts: { completed: 6, cancelled: 3 } });
  });

  test('starts a cancelled rollout again for the rows that it has not completed', async () => {
    const world = waved();
    world.after(1, () => world.command('cancel'));
    await world.run();

    await world.command('retry-failed');
    const { outcome } = await world.run('again00000000001');

    expect(outcome).toMatchObject({ status: 'completed', counts: { completed: 9 } });
    expect(world.clients.started).toHaveLength(9);
    expect(world.claims).toEqual({});
  });

  test('cannot start a rollout again whose clients another one has claimed since, and loses no row', async () => {
    const world = waved();
    let claimed: readonly string[] = [];
    world.after(1, () => {
      claimed = Object.values(world.claims).flat();
      return world.command('cancel');
    });
    await world.run();
    world.setClaims({ another: claimed });

    await world.command('retry-failed');
    expect((await world.run('again00000000001')).outcome.status).toBe('refused');
    expect(world.control).toMatchObject({ status: 'cancelled', commands: [] });
    expect(world.control.conflicts).toHaveLength(9);
    expect(world.states.filter((state) => state === 'cancelled')).toHaveLength(6);

    world.setClaims({});
    await world.command('retry-failed');
    expect((await world.run('again00000000002')).outcome).toMatchObject({ counts: { completed: 9 } });
  });

  test('who ends one run of a rollout finds its row cancelled', async () => {
    const world = createRolloutWorld({
      plan: { rows: 2 },
      ending: (client) => (client === 'c1' ? { seconds: 3, state: 'cancelled', code: 'cancelled' } : COMPLETES),
    });
    expect((await world.run()).outcome.counts).toMatchObject({ completed: 1, cancelled: 1 });
  });
});

test('retry-failed without a failed row does not shorten the pause between two waves', async () => {
  const world = createRolloutWorld({ plan: { rows: 4, waves: { size: 2, pauseSeconds: 600 } } });
  const started: number[] = [];
  world.after(100, () => world.command('retry-failed'));
  world.after(400, () => void started.push(world.clients.started.length));
  expect((await world.run()).outcome).toMatchObject({ status: 'completed', counts: { completed: 4 } });
  expect(started).toEqual([2]);
});
