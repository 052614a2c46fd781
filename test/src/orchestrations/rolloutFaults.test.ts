import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import type { Ending } from '../fakes/services/clientRuns.js';
import { clientOf, createRolloutWorld, useRolloutTime } from '../fakes/worlds/rolloutWorld.js';

beforeEach(useRolloutTime);
afterEach(() => void vi.useRealTimers());

const CALLS = ['claimRollout', 'claim', 'open', 'report', 'advanceRollout', 'note', 'end', 'release'];

describe('a rollout starts no client twice', () => {
  test.each(CALLS)('if the answer of %s is lost, each first time of four', async (call) => {
    let nth = 0;
    const world = createRolloutWorld({
      plan: { rows: 8, waves: { size: 3, pauseSeconds: 0 } },
      // It ends before the repetition comes.
      ending: () => ({ seconds: 1, state: 'completed' }),
      loses: (name) => name === call && (nth += 1) % 2 === 1 && nth < 8,
    });
    const { outcome } = await world.run();
    expect(nth).toBeGreaterThan(1);
    expect(outcome).toMatchObject({ status: 'completed', counts: { completed: 8 } });
    expect(world.clients.started.map(({ client }) => client).toSorted()).toEqual(world.names.toSorted());
  });

  test('if its activity comes again late, after the clients had other runs', async () => {
    const world = createRolloutWorld({ plan: { rows: 4 } });
    world.after(60, async () => undefined);
    const { calls } = await world.run();
    const first = calls.find(({ name }) => name === 'advanceRollout');
    for (let row = 0; row < 4; row += 1) world.clients.startSingly(clientOf(row), 'single0000000001');
    vi.setSystemTime(Date.now() + 600_000);
    expect(world.clients.started).toHaveLength(8);

    // The rows as they were then: the engine has not shown later changes to this process.
    world.showFirstStates();
    await world.answer('advanceRollout', {
      ...first,
      kind: 'activity',
      name: 'advanceRollout',
      input: first?.input,
      at: new Date(),
    });

    expect(world.clients.started).toHaveLength(8);
  });

  test('and starts none in a freeze window that has begun before its activity is executed', async () => {
    const lateness = [120];
    const world = createRolloutWorld({
      plan: { rows: 4, freezeWindows: [{ cron: '1 12 * * *', seconds: 3600, timeZone: 'UTC' }] },
      lateness: (name) => (name === 'advanceRollout' ? (lateness.shift() ?? 0) : 0),
    });
    expect((await world.run()).outcome.counts).toMatchObject({ completed: 4 });
    expect(lateness).toEqual([]);
    for (const { at } of world.clients.started) expect(at.toISOString() >= '2026-03-01T13:01:00').toBe(true);
  });

  test.each(['paused', 'between waves'] as const)('if its activity comes again late while it is %s', async (why) => {
    const pauseSeconds = why === 'paused' ? 0 : 3600;
    const world = createRolloutWorld({
      plan: { rows: 4, waves: { size: 2, pauseSeconds } },
      ending: () => ({ seconds: 300, state: 'completed' }),
    });
    const repeated: number[] = [];
    if (why === 'paused') world.after(60, () => world.command('pause'));
    world.after(700, async () => {
      await world.advanceAgain({ mayStart: true, mayEnterNextWave: true });
      repeated.push(world.clients.started.length);
      await world.command('resume');
    });
    await world.run();
    expect(repeated).toEqual([2]);
    expect(world.clients.started).toHaveLength(4);
  });

  test('and starts all, if the engine executes an operation of the rows twice', async () => {
    const world = createRolloutWorld({
      plan: { rows: 6, waves: { size: 2, pauseSeconds: 600 } },
      ending: () => ({ seconds: 30, state: 'completed' }),
    });
    // Between two waves, when no row runs whose end would tell the new version.
    world.after(100, () => world.noteAgain());
    expect((await world.run()).outcome).toMatchObject({ status: 'completed', counts: { completed: 6 } });
    expect(world.clients.started).toHaveLength(6);
  });

  test('if it is cancelled before their starts were noted, and retried', async () => {
    let broken = true;
    const world = createRolloutWorld({
      plan: { rows: 5 },
      ending: () => ({ seconds: 2000, state: 'completed' }),
      loses: (name) => broken && name === 'advanceRollout',
    });
    await world.run();
    expect(world.clients.started).toHaveLength(5);
    broken = false;
    await world.command('cancel');
    const { outcome } = await world.run('again00000000001');
    expect(outcome).toMatchObject({ status: 'cancelled', counts: { completed: 5, cancelled: 0 } });
    expect(world.clients.started).toHaveLength(5);
  });

  test('if reads of its rows are older than its notes', async () => {
    let starts = 0;
    const world = createRolloutWorld({
      plan: { rows: 6, waves: { size: 2, pauseSeconds: 0 } },
      ending: () => ({ seconds: 1, state: 'completed' }),
      staleReads: 2,
      // A row that an old read shows as waiting would be taken for a new start, though its run is recognised.
      pace: { room: () => Infinity, started: () => void (starts += 1) },
    });
    const { outcome } = await world.run();
    expect(outcome.counts.completed).toBe(6);
    expect([starts, world.clients.started.length]).toEqual([6, 6]);
  });

  test('if it stops between a start and its note, and is started again', async () => {
    let broken = false;
    const world = createRolloutWorld({
      plan: { rows: 5 },
      ending: () => ({ seconds: 30, state: 'completed' }),
      loses: (name) => broken && name === 'advanceRollout',
    });
    broken = true;

    expect(await world.run()).toMatchObject({ outcome: { status: 'stopped', message: expect.any(String) } });
    expect(world.control).toMatchObject({ status: 'stopped', reason: 'fault' });
    expect(world.clients.started).toHaveLength(5);
    expect(world.states.every((state) => state === 'waiting')).toBe(true);
    expect(Object.keys(world.claims)).toEqual([world.plan.id]);

    broken = false;
    await world.command('resume');
    expect((await world.run('again00000000001')).outcome).toMatchObject({
      status: 'completed',
      counts: { completed: 5 },
    });
    expect(world.clients.started).toHaveLength(5);
    expect(world.claims).toEqual({});
  });
});

describe('a rollout whose rows have ended', () => {
  const createBroken = (call: 'release' | 'end') => {
    let ends = 0;
    let isBroken = true;
    const world = createRolloutWorld({
      plan: { rows: 3 },
      // The first end is noted.
      fails: (name) => isBroken && name === call && (call === 'release' || (ends += 1) > 1),
    });
    return { world, repair: () => (isBroken = false) };
  };

  test('completes if its claims cannot be ended, and ends them when it is started again for that', async () => {
    const { world, repair } = createBroken('release');
    expect((await world.run()).outcome).toMatchObject({ status: 'completed', counts: { completed: 3 } });
    expect(world.control.status).toBe('completed');
    expect(Object.keys(world.claims)).toEqual([world.plan.id]);
    const { endedAt } = world.control;

    expect((await world.release()).outcome).toBeUndefined();
    expect(Object.keys(world.claims)).toEqual([world.plan.id]);

    repair();
    expect((await world.release()).outcome).toBeUndefined();
    expect(world.claims).toEqual({});
    expect(world.control).toMatchObject({ status: 'completed', endedAt });
    expect(world.clients.started).toHaveLength(3);
  });

  test('carries out a command that it finds when it is started to end its claims', async () => {
    const { world, repair } = createBroken('release');
    await world.run();
    repair();
    await world.command('retry-failed');
    const { outcome, calls, engines } = await world.release('timer');
    expect(outcome).toMatchObject({ status: 'completed' });
    expect(engines.at(-2)?.anew).toMatchObject({ actor: 'an-operator' });
    expect(calls.map(({ name }) => name)).toContain('claimRollout');
    expect(world.claims).toEqual({});
  });

  test('completes if it cannot look for commands after its end', async () => {
    const { world } = createBroken('end');
    expect((await world.run()).outcome).toMatchObject({ status: 'completed', counts: { completed: 3 } });
    expect(world.claims).toEqual({});
  });

  test('keeps the claims of a rollout that runs', async () => {
    const world = createRolloutWorld({ plan: { rows: 2 }, loses: (name) => name === 'advanceRollout' });
    await world.run();
    expect(world.control.status).toBe('stopped');
    await world.release();
    expect(Object.keys(world.claims)).toEqual([world.plan.id]);
  });
});

describe('a retry of rows whose outcome is unknown', () => {
  const retried = async (ending: (nth: number) => Ending, kind: 'rotate' | 'check' = 'rotate') => {
    let isUnseen = true;
    const world = createRolloutWorld({
      plan: { rows: 3, kind },
      ending: (_client, nth) => ending(nth),
      isUnseen: () => isUnseen,
    });
    expect((await world.run()).outcome.counts).toMatchObject({ failed: 3 });
    expect(world.control.failures).toEqual({ 'outcome-unknown': 3 });
    isUnseen = false;
    await world.command('retry-failed');
    const { outcome } = await world.run('again00000000001');
    expect(outcome.counts).toMatchObject({ completed: 3 });
    return world.clients.started.length;
  };

  test.each(['rotate', 'check'] as const)('follows runs that still run: %s', async (kind) => {
    const starts = await retried(() => ({ seconds: 3600, state: 'completed', differing: [] }), kind);
    expect(starts).toBe(kind === 'check' ? 1 : 3);
  });

  test('does not start clients again whose runs have completed in the meantime', async () => {
    expect(await retried(() => ({ seconds: 1, state: 'completed' }))).toBe(3);
  });

  test('starts clients again whose runs have failed', async () => {
    expect(await retried((nth) => ({ seconds: 1, state: nth === 1 ? 'failed' : 'completed' }))).toBe(6);
  });
});

describe('a rollout that checks', () => {
  test('checks a hundred clients in one operation, and rows with differences have failed', async () => {
    const differing = [clientOf(3), clientOf(120)];
    const world = createRolloutWorld({
      plan: { rows: 150, kind: 'check' },
      ending: () => ({ seconds: 5, state: 'completed', differing: differing.map(mainSecretName) }),
    });
    const { outcome } = await world.run();
    expect(world.clients.started.map(({ client }) => client)).toEqual(['100 clients', '50 clients']);
    expect(outcome.counts).toMatchObject({ completed: 148, failed: 2 });
    expect(world.rows[120]).toMatchObject({ state: 'failed', code: 'findings' });
    expect(new Set(world.rows.map(({ operation }) => operation)).size).toBe(2);
  });

  test('checks no client twice if the start of a check was not noted, and the budgets have another room then', async () => {
    const rooms = [30, 150, 30];
    let nth = 0;
    const world = createRolloutWorld({
      plan: { rows: 150, kind: 'check' },
      ending: () => ({ seconds: 5, state: 'completed', differing: [] }),
      loses: (name) => name === 'advanceRollout' && (nth += 1) === 1,
      pace: { room: () => rooms.shift() ?? 500, started: () => undefined },
    });
    expect((await world.run()).outcome.counts).toMatchObject({ completed: 150 });
    expect(world.clients.started.map(({ client }) => client)).toEqual(['100 clients', '50 clients']);
  });

  test.each(['resume', 'cancel'] as const)(
    'finds its checks again after it has stopped and got %s',
    async (command) => {
      let broken = true;
      const world = createRolloutWorld({
        plan: { rows: 150, kind: 'check' },
        ending: () => ({ seconds: 600, state: 'completed', differing: [] }),
        loses: (name) => broken && name === 'advanceRollout',
      });
      expect((await world.run()).outcome.status).toBe('stopped');
      broken = false;
      await world.command(command);
      expect((await world.run('again00000000001')).outcome.counts).toMatchObject({ completed: 150, cancelled: 0 });
      expect(world.clients.started).toHaveLength(2);
    },
  );

  test('does not call a row completed whose findings are gone', async () => {
    const world = createRolloutWorld({ plan: { rows: 1, kind: 'check' } });
    expect((await world.run()).outcome.counts).toMatchObject({ failed: 1 });
    expect(world.rows[0]).toMatchObject({ code: 'outcome-unknown' });
  });
});
