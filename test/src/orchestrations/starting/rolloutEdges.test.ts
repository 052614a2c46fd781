import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { claimOf } from '../../../../src/activities/starting/rowRuns.js';
import { clientOf, createRolloutWorld, useRolloutTime } from '../../fakes/worlds/rolloutWorld.js';

beforeEach(useRolloutTime);
afterEach(() => void vi.useRealTimers());

describe('a rollout that operators retry while it ends', () => {
  const ending = (other: string | undefined) => {
    let isSent = false;
    const world = createRolloutWorld({
      plan: { rows: 3 },
      ending: (_client, nth) =>
        nth === 1 ? { seconds: 5, state: 'failed', code: 'x' } : { seconds: 5, state: 'completed' },
      loses: (name) => {
        if (name === 'alertRolloutCompleted' && !isSent) {
          isSent = true;
          void world.command('retry-failed');
          if (other !== undefined) world.setClaims({ [other]: world.names.map((_, row) => claimOf(clientOf(row))) });
        }
        return false;
      },
    });
    return world;
  };

  test('claims its clients again, and retries them', async () => {
    const world = ending(undefined);
    expect((await world.run()).outcome).toMatchObject({ status: 'completed', counts: { completed: 3 } });
    expect([world.control.commands, world.claims]).toEqual([[], {}]);
  });

  test('keeps its rows if another rollout has the clients by then', async () => {
    const world = ending('other');
    await world.run();
    expect(world.control).toMatchObject({ status: 'completed', commands: [], conflicts: [{}, {}, {}] });
    expect(world.states).toEqual(['failed', 'failed', 'failed']);
  });
});

describe('a rollout that cannot open', () => {
  test('is stopped with its plan, and can be cancelled, which ends its claims', async () => {
    let broken = true;
    const names: string[] = [];
    const world = createRolloutWorld({
      plan: { rows: 3 },
      loses: (name) => {
        names.push(name);
        return broken && name === 'claim';
      },
    });
    expect((await world.run()).outcome.status).toBe('stopped');
    expect(world.control).toMatchObject({ status: 'stopped', plan: { id: world.plan.id }, counts: { waiting: 3 } });
    expect(Object.keys(world.claims)).toEqual([world.plan.id]);
    broken = false;
    await world.command('cancel');
    const { outcome } = await world.run('again00000000001');
    expect(outcome).toMatchObject({ status: 'cancelled', counts: { cancelled: 3 } });
    expect([world.claims, world.clients.started]).toEqual([{}, []]);
    // The command comes before the first report, which needs the gates.
    expect(names.find((name) => name === 'cancelWaiting' || name === 'report')).toBe('cancelWaiting');
  });
});

describe('a rollout whose rows never arrived', () => {
  const lost = () => {
    let isLost = true;
    const world = createRolloutWorld({
      plan: { rows: 3 },
      loses: (name) => isLost && name === 'claimRollout',
    });
    return { world, arrive: () => void (isLost = false) };
  };

  test('is stopped, and ends when it is cancelled, also if somebody retries it after that', async () => {
    const { world } = lost();
    expect((await world.run()).outcome.status).toBe('stopped');
    await world.command('cancel');
    const ended = { status: 'cancelled', counts: { cancelled: 3, waiting: 0 } };
    expect((await world.run('again00000000001')).outcome).toMatchObject(ended);
    expect(world.control).toMatchObject({ ...ended, commands: [], endedAt: expect.any(String) });
    expect([world.claims, world.rows]).toEqual([{}, []]);

    await world.command('retry-failed');
    expect((await world.run('again00000000002')).outcome).toMatchObject(ended);
    expect(world.control).toMatchObject({ status: 'cancelled', commands: [] });
  });

  test('stays stopped without a cancel, and can be resumed once they arrive', async () => {
    const { world, arrive } = lost();
    await world.run();
    await world.command('resume');
    expect((await world.run('again00000000001')).outcome.status).toBe('stopped');
    arrive();
    expect((await world.run('again00000000002')).outcome).toMatchObject({ counts: { completed: 3 } });
  });

  test('is not taken for one that was opened before and whose rows cannot be read', async () => {
    let isBroken = false;
    const world = createRolloutWorld({
      plan: { rows: 3 },
      loses: (name) => isBroken && name !== 'stop' && name !== 'abandon',
    });
    world.after(1, () => void (isBroken = true));
    expect((await world.run()).outcome.status).toBe('stopped');
    await world.command('cancel');
    expect((await world.run('again00000000001')).outcome.status).toBe('stopped');
    expect(world.rows).toHaveLength(3);
  });
});

describe('a rollout whose freeze windows cannot be computed', () => {
  test('starts nothing, and can be cancelled', async () => {
    const names: string[] = [];
    const world = createRolloutWorld({
      loses: (name) => {
        names.push(name);
        return false;
      },
      plan: { rows: 3, freezeWindows: [{ cron: '0 0 * * *', seconds: 60, timeZone: 'No/Where' }] },
    });
    const seen: unknown[] = [];
    world.after(100, () => {
      seen.push(world.control.status, world.control.reason, world.clients.started.length);
      names.length = 0;
      return world.command('cancel');
    });
    expect((await world.run()).outcome).toMatchObject({ status: 'cancelled', counts: { cancelled: 3 } });
    expect(seen).toEqual(['running', 'freeze-window', 0]);
    // The gates are part of the report, and must not stand between an operator and the rows.
    expect(names.find((name) => name === 'cancelWaiting' || name === 'report')).toBe('cancelWaiting');
  });
});
