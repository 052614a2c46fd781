import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MAX_CLAIMED } from '../../../src/domain/rollouts/claimsState.js';
import { clientOf, createRolloutWorld, useRolloutTime } from '../fakes/worlds/rolloutWorld.js';

beforeEach(useRolloutTime);
afterEach(() => void vi.useRealTimers());

const seconds = (from: Date | undefined, to: Date | undefined) =>
  ((to?.getTime() ?? 0) - (from?.getTime() ?? 0)) / 1000;

describe('a rollout', () => {
  test('starts its rows in waves, each when the wave before has ended and the pause is over', async () => {
    const world = createRolloutWorld({
      plan: { rows: 10, waves: { canary: 2, size: 4, pauseSeconds: 60 } },
      ending: () => ({ seconds: 100, state: 'completed' }),
    });
    const { outcome } = await world.run();
    expect(outcome).toMatchObject({ status: 'completed', counts: { completed: 10 } });
    const { started } = world.clients;
    expect(started.map(({ client }) => client)).toEqual(Array.from({ length: 10 }, (_, row) => `c${row}`));
    const waves = [started.slice(0, 2), started.slice(2, 6), started.slice(6)];
    for (const wave of waves) for (const { at } of wave) expect(at).toEqual(wave[0]?.at);
    for (const [nth, wave] of waves.slice(1).entries()) {
      const gap = seconds(waves[nth]?.[0]?.at, wave[0]?.at);
      expect(gap).toBeGreaterThanOrEqual(160);
      // The end of a wave is seen at most fifteen seconds late.
      expect(gap).toBeLessThan(180);
    }
  });

  test('keeps the history of each round short, and its status small', async () => {
    const world = createRolloutWorld({ plan: { rows: 1_200, waves: { size: 400, pauseSeconds: 0 } } });
    const { engines } = await world.run();
    expect(engines.length).toBeGreaterThan(5);
    for (const { calls } of engines) expect(calls.length).toBeLessThan(12);
    for (const { statuses } of engines) for (const status of statuses) expect(status.length).toBeLessThan(1_000);
    expect(world.clients.started).toHaveLength(1_200);
  });

  test('claims its clients while it is open, and releases them', async () => {
    const world = createRolloutWorld({ plan: { rows: 2 } });
    let during = {};
    world.after(5, () => void (during = world.claims));
    await world.run();
    expect(Object.values(during)).toEqual([[expect.any(String), expect.any(String)]]);
    expect(world.claims).toEqual({});
  });

  test('is refused if another open rollout has one of its clients, and leaves nothing', async () => {
    const world = createRolloutWorld({ plan: { rows: 3 } });
    const first = createRolloutWorld({ plan: { rows: 1 } });
    let claimed: readonly string[] = [];
    first.after(5, () => void (claimed = Object.values(first.claims).flat()));
    await first.run();
    world.setClaims({ another: claimed });

    const { outcome } = await world.run();

    expect(outcome.status).toBe('refused');
    expect(world.control).toMatchObject({ status: 'refused', conflicts: [{ row: 0, rollout: 'another' }] });
    expect([world.clients.started, world.rows, world.claims]).toEqual([[], [], { another: claimed }]);
  });

  test('is refused if open rollouts would have too many clients', async () => {
    const world = createRolloutWorld({ plan: { rows: 3 } });
    const claims = { another: Array.from({ length: MAX_CLAIMED - 2 }, (_, nth) => `client-${nth}`) };
    world.setClaims(claims);
    expect((await world.run()).outcome.status).toBe('refused');
    expect(world.control).toMatchObject({ status: 'refused', claimed: MAX_CLAIMED - 2 });
    expect([world.clients.started, world.rows, world.claims === claims]).toEqual([[], [], true]);
  });

  test('gives each run the time of its request, the rollout and its priority', async () => {
    const world = createRolloutWorld({ plan: { rows: 1, startAt: '2026-03-01T13:00:00.000Z' } });
    await world.run();
    const [{ run, at }] = world.clients.started as [(typeof world.clients.started)[0]];
    // A client that was revoked after the request stays revoked, and run ids sort by the time of the start.
    expect(run).toMatchObject({ requestedAt: world.plan.requestedAt, rollout: world.plan.id, actor: 'an-operator' });
    expect(run.rowStartedAt).toBe(at.toISOString());
    expect(run.run.slice(0, 9)).toBe(at.getTime().toString(36).padStart(9, '0'));
    expect(at.toISOString() >= '2026-03-01T13:00:00.000Z').toBe(true);
  });

  test('starts nothing in a freeze window, also if it begins between two waves', async () => {
    const world = createRolloutWorld({
      plan: {
        rows: 4,
        waves: { size: 2, pauseSeconds: 0 },
        freezeWindows: [{ cron: '1 12 * * *', seconds: 3600, timeZone: 'UTC' }],
      },
      ending: () => ({ seconds: 90, state: 'completed' }),
    });
    const seen: (string | undefined)[] = [];
    world.after(600, () => void seen.push(world.control.reason, world.control.waitsUntil));
    await world.run();
    const [first, , third] = world.clients.started;
    expect(first?.at.toISOString()).toBe('2026-03-01T12:00:00.000Z');
    expect(third?.at.getTime()).toBeGreaterThanOrEqual(Date.parse('2026-03-01T13:01:00Z'));
    expect(seen).toEqual(['freeze-window', '2026-03-01T13:01:00.000Z']);
  });

  test('starts no more than the budgets can serve', async () => {
    const running = () =>
      world.clients.started.filter(({ at, ending }) => Date.now() - at.getTime() < ending.seconds * 1000).length;
    let most = 0;
    const world = createRolloutWorld({
      plan: { rows: 40 },
      pace: { room: () => 5 - running(), started: () => void (most = Math.max(most, running())) },
    });
    const { outcome } = await world.run();
    expect([outcome.counts.completed, most]).toEqual([40, 5]);
  });

  test('starts rows of one connected registry after each other, since they share writes of its client list', async () => {
    const sites = ['siteone', 'sitetwo', 'siteone', 'sitetwo', 'siteone'];
    const world = createRolloutWorld({
      requests: sites.map((connectedRegistry, row) => ({ ...clientOf(row), connectedRegistry })),
    });
    await world.run();
    expect(world.clients.started.map(({ client }) => client)).toEqual(['c0', 'c2', 'c4', 'c1', 'c3']);
  });

  test('waits for a client that another run holds, while it starts the others', async () => {
    const world = createRolloutWorld({
      plan: { rows: 3 },
      ending: (client, nth) => ({ seconds: client === 'c1' && nth === 1 ? 600 : 20, state: 'completed' }),
    });
    world.clients.startSingly(clientOf(1), 'single0000000001');
    const { outcome } = await world.run();
    expect(outcome.counts.completed).toBe(3);
    const [, c0, c2, c1] = world.clients.started;
    expect([c0?.client, c2?.client, c1?.client]).toEqual(['c0', 'c2', 'c1']);
    expect(seconds(c0?.at, c1?.at)).toBeGreaterThanOrEqual(600);
    expect(world.rows[1]).not.toHaveProperty('busyFrom');
  });

  test('gives up a client that another run holds for a day', async () => {
    const world = createRolloutWorld({
      plan: { rows: 3 },
      status: (row) => (row === 1 ? { busyFrom: -86_390 } : row === 2 ? { busyFrom: -86_310 } : {}),
      ending: (client) => ({ seconds: client === 'c0' ? 5 : 60, state: 'completed' }),
    });
    for (const row of [1, 2]) world.clients.startSingly(clientOf(row), 'single0000000001');
    await world.run();
    expect(world.rows.map(({ state, code }) => [state, code])).toEqual([
      ['completed', undefined],
      ['failed', 'client-busy'],
      ['completed', undefined],
    ]);
    expect(world.control.failures).toEqual({ 'client-busy': 1 });
  });

  test.each(['freeze window', 'pause'])('counts no %s as time for which a client was busy', async (why) => {
    const isPaused = why === 'pause';
    const frozen = { cron: '1 12 * * *', seconds: 1800, timeZone: 'UTC' };
    const world = createRolloutWorld({
      plan: { rows: 1, freezeWindows: isPaused ? [] : [frozen] },
      // Five minutes are left of the day.
      status: () => ({ busyFrom: -86_100 }),
      ending: (_client, nth) => ({ seconds: nth === 1 ? 1980 : 20, state: 'completed' }),
    });
    world.clients.startSingly(clientOf(0), 'single0000000001');
    if (isPaused) {
      world.after(60, () => world.command('pause'));
      world.after(1860, () => world.command('resume'));
    }
    const { outcome } = await world.run();
    expect(outcome.counts).toMatchObject({ completed: 1, failed: 0 });
  });
});
