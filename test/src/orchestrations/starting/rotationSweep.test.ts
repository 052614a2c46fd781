import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { firstDue, MAX_WAVES } from '../../../../src/domain/rotation/sweep.js';
import { priorityOf } from '../../../../src/domain/operations/priority.js';
import { addMember } from '../../fakes/clients/fleet.js';
import { CONNECTED_REGISTRY, REGISTRY } from '../../fakes/answers/requests.js';
import { sweepIn } from '../../fakes/worlds/sweepWorld.js';
import { createWorld } from '../../fakes/worlds/world.js';

const DAY = 86_400_000;
const NOW = new Date('2026-06-01T12:00:00Z');
const ago = (days: number) => new Date(NOW.getTime() - days * DAY);
const SETTINGS = { ROTATION_WAVE_SIZE: '3', ROTATION_SPREAD_HOURS: '0' };
const reference = (client: string) => ({ registry: REGISTRY, connectedRegistry: CONNECTED_REGISTRY, client });

beforeEach(() => vi.useFakeTimers({ now: NOW }));
afterEach(() => vi.useRealTimers());

async function fleet(ages: Readonly<Record<string, number>>, settings: Readonly<Record<string, string>> = {}) {
  const world = createWorld({ ...SETTINGS, ...settings });
  for (const [client, days] of Object.entries(ages)) await addMember(world, { client, issuedAt: ago(days) });
  return world;
}

describe('a sweep', () => {
  test('rotates what is due, and nothing else', async () => {
    const world = await fleet({ young: 10, almost: 59, due: 61, late: 80 });
    const { outcome, started } = await sweepIn(world);
    expect(started.map(({ client }) => client).sort()).toEqual(['due', 'late']);
    expect(outcome).toMatchObject({ started: 2, completed: 2, failed: 0, left: 0 });
  });

  test('starts waves, the nearest expiry first, each after the previous one has ended', async () => {
    const ages = Object.fromEntries(Array.from({ length: 7 }, (_, nth) => [`c${nth}`, 61 + nth]));
    const { outcome, started, turns } = await sweepIn(await fleet(ages), {
      run: (_, seconds) => (seconds < 100 ? 'running' : 'completed'),
    });

    expect(started.map(({ client }) => client)).toEqual(['c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0']);

    const waves = [...new Set(started.map(({ at }) => at.getTime()))];

    expect(waves).toHaveLength(3);
    for (const [nth, at] of waves.entries()) expect(at - (waves[nth - 1] ?? 0)).toBeGreaterThanOrEqual(100_000);
    expect(outcome).toMatchObject({ waves: 3, started: 7, completed: 7 });
    // The history of each part is short: it begins anew after every wave.
    expect(turns.length).toBe(4);
    for (const turn of turns) expect(turn.calls.length).toBeLessThan(12);
  });

  test('stops at the limit of failures, alerts operators, and logs how long it pauses', async () => {
    const ages = Object.fromEntries(Array.from({ length: 9 }, (_, nth) => [`c${nth}`, 61]));
    const world = await fleet(ages, { ROTATION_FAILURE_LIMIT: '3' });

    const { outcome, started } = await sweepIn(world, { run: () => 'failed' });

    expect(started).toHaveLength(3);
    expect(outcome).toMatchObject({ failed: 3, left: 6, stopped: { reason: '3 rotations have failed' } });

    const { restsUntil } = outcome.stopped ?? {};
    expect([...world.alerts.stopped.values()]).toMatchObject([{ started: 3, failed: 3, left: 6, restsUntil }]);
    expect(Date.parse(restsUntil ?? '') - Date.now()).toBe(world.config.limits.rotationRetrySeconds * 1000);
  });

  test('waits for a wave only up to a limit: a rotation that waits for its sync continues by itself', async () => {
    const world = await fleet({ parked: 61, ready: 62, third: 63, fourth: 61 }, { ROTATION_WAVE_SECONDS: '600' });
    const { outcome } = await sweepIn(world, { run: (client) => (client === 'parked' ? 'running' : 'completed') });
    expect(outcome).toMatchObject({ waves: 2, started: 4, completed: 3, underWay: 1, failed: 0 });
    expect(Date.now() - NOW.getTime()).toBeLessThanOrEqual(2 * 601_000);
  });

  test('starts and revokes nothing in a freeze window', async () => {
    const revokeOld = { slot: 'password2', from: ago(1).toISOString(), createdAt: ago(70).toISOString() } as const;
    const world = await fleet({ late: 80 }, { ROTATION_FREEZE_WINDOWS: '0 10 * * *|PT4H' });
    await addMember(world, { client: 'overlapped', issuedAt: ago(5), revokeOld });

    const { outcome, started } = await sweepIn(world);

    expect(started).toEqual([]);
    expect(outcome).toMatchObject({ started: 0, revoked: 0, deferred: 1 });

    vi.setSystemTime(new Date('2026-06-01T14:00:00Z'));
    expect((await sweepIn(world)).outcome).toMatchObject({ started: 1, revoked: 1 });
  });

  test('stops if a freeze begins between two waves', async () => {
    const ages = Object.fromEntries(Array.from({ length: 5 }, (_, nth) => [`c${nth}`, 61]));
    const world = await fleet(ages, { ROTATION_FREEZE_WINDOWS: '1 12 * * *|PT4H' });
    const { outcome } = await sweepIn(world, { run: (_, seconds) => (seconds < 100 ? 'running' : 'completed') });
    expect(outcome).toMatchObject({ started: 3, left: 2 });
  });

  test('reads every page of the vault, and ignores candidates and secrets of others', async () => {
    const world = await fleet({ due: 61, also: 61 });
    world.vault.pageSize = 1;
    await world.vault.store('somebody-elses', 'x', { expiresOn: NOW.toISOString(), tags: {} });
    const name = `${mainSecretName(reference('due'))}-candidate`;
    const tags = world.vault.versionsOf(mainSecretName(reference('due'))).at(-1)?.tags ?? {};

    await world.vault.store(name, 'x', { expiresOn: NOW.toISOString(), tags });

    expect((await sweepIn(world)).started).toHaveLength(2);
  });

  test('starts nothing twice if the start of a wave is repeated', async () => {
    const world = await fleet({ due: 61 });
    let lost = false;

    const { started, turns } = await sweepIn(world, {
      // Ended before the repetition comes: it must not be taken for one that was never started.
      run: () => 'completed',
      loses: (name) => name === 'advanceRuns' && !lost && (lost = true),
    });
    const orders = turns.flatMap(({ calls }) => calls.filter(({ name }) => name === 'advanceRuns'));

    // The repetition finds the run, and the next look its end.
    expect([orders.length, started.length]).toEqual([3, 1]);
  });

  test('starts what was not started when the process died in the middle of a wave, and nothing twice', async () => {
    const world = await fleet({ a: 61, b: 62, c: 63 });
    let room = 1;
    const { outcome, started } = await sweepIn(world, {
      run: (_, seconds) => (seconds < 100 ? 'running' : 'completed'),
      pace: { room: () => room, started: () => void (room = Infinity) },
      loses: (name, nth) => name === 'advanceRuns' && nth === 2,
    });

    expect(started.map(({ client }) => client)).toEqual(['c', 'b', 'a']);
    expect(outcome).toMatchObject({ started: 3, completed: 3, left: 0 });
  });

  test('starts a wave as the budget has room, and leaves to the next sweep what found none', async () => {
    const world = await fleet({ a: 61, b: 62, c: 63, d: 64 }, { ROTATION_WAVE_SECONDS: '600' });
    let room = 0;
    const pace = {
      room: ({ registry, kind }: { readonly registry: string; readonly kind: string }, within: number) => {
        // A rollout fills the next 30 seconds: a sweep looks further ahead.
        expect([registry, kind, within]).toEqual([REGISTRY, 'rotate', 60]);
        return room;
      },
      started: () => void (room -= 1),
    };

    expect((await sweepIn(world, { pace })).outcome).toMatchObject({ waves: 1, started: 0, failed: 0, left: 4 });

    room = 2;
    expect((await sweepIn(world, { pace })).outcome).toMatchObject({ waves: 1, started: 2, completed: 2, left: 2 });
  });

  test('looks again soon after a look that has started rows', async () => {
    const world = await fleet({ a: 61, b: 62 });
    const asked: number[] = [];
    const room = () => {
      asked.push(Date.now() / 1000);
      // The sixth look starts the first row.
      return asked.length === 6 || asked.length === 7 ? 1 : 0;
    };
    const { started } = await sweepIn(world, { pace: { room, started: () => undefined } });
    const [first, second] = started.map(({ at }) => at.getTime() / 1000);
    expect((second ?? Infinity) - (first ?? 0)).toBeLessThanOrEqual(17);
  });

  test('takes 10,000 that are due in waves, as many as its settings allow, and decides again in the next sweep', async () => {
    const world = createWorld({ ...SETTINGS, ROTATION_WAVE_SIZE: '100' });
    const due = Array.from({ length: 10_000 }, (_, nth) => ({
      ...reference(`c${nth}`),
      deadline: new Date(NOW.getTime() + nth).toISOString(),
    }));
    const queue = firstDue(due.toReversed(), 100 * MAX_WAVES);

    const { outcome, started, turns } = await sweepIn(world, { queue });

    expect([started.length, new Set(started.map(({ client }) => client)).size]).toEqual([1000, 1000]);
    expect(outcome).toMatchObject({ waves: 10, started: 1000, completed: 1000, left: 0 });
    for (const turn of turns) expect(turn.calls.length).toBeLessThan(6);
  });

  test('starts and follows nothing if nothing is due', async () => {
    const { outcome, turns } = await sweepIn(await fleet({ young: 10 }));
    expect(outcome).toMatchObject({ waves: 0, started: 0, left: 0 });
    expect(turns.flatMap(({ calls }) => calls.map(({ name }) => name))).toEqual(['findDueRotations']);
  });

  test('starts nothing in a freeze window when its activity is executed late', async () => {
    const world = await fleet({ a: 61 }, { ROTATION_FREEZE_WINDOWS: '30 12 * * *|PT4H' });
    const late = { lateFor: 'advanceRuns', until: new Date('2026-06-01T12:45:00Z') };
    const { outcome, started } = await sweepIn(world, late);
    expect([started, outcome.left]).toEqual([[], 1]);
  });

  test('leaves what a freeze window caught in the middle of a wave to the next sweep, and follows the rest', async () => {
    const world = await fleet({ a: 61, b: 62 }, { ROTATION_FREEZE_WINDOWS: '1 12 * * *|PT4H' });
    let room = 1;
    const { outcome, started } = await sweepIn(world, {
      run: (_, seconds) => (seconds < 100 ? 'running' : 'completed'),
      pace: { room: () => room, started: () => void (room = 0) },
    });
    expect(started.map(({ client }) => client)).toEqual(['b']);
    expect(outcome).toMatchObject({ started: 1, completed: 1, left: 1 });
    // It does not wait for the rest until the wave's time is over.
    expect(Date.now() - NOW.getTime()).toBeLessThan(600_000);
  });

  test('asks no rollout for its clients, and starts runs of its own in the class of sweeps', async () => {
    const { outcome, started } = await sweepIn(await fleet({ due: 61, other: 61 }));
    expect([started.length, outcome.busy]).toEqual([2, 0]);
    // Its runs are none of a rollout, and have the priority of sweeps.
    for (const { run } of started)
      expect([run.rollout, run.actor, priorityOf(run)]).toEqual([undefined, 'sweep', 'rollout']);
  });

  test('leaves clients with another run to the next sweep', async () => {
    const { outcome } = await sweepIn(await fleet({ due: 61, busy: 61 }), { busy: (client) => client === 'busy' });
    expect(outcome).toMatchObject({ started: 1, busy: 1, completed: 1 });
  });

  test('delays a client whose connected registry is offline, and one whose sync is far away', async () => {
    const world = await fleet({ due: 61 });
    world.controlPlane.change(CONNECTED_REGISTRY, { lastSyncTime: ago(1).toISOString() });
    expect((await sweepIn(world)).outcome).toMatchObject({ started: 0, deferred: 1 });

    const nightly = await fleet({ due: 61 });
    nightly.controlPlane.change(CONNECTED_REGISTRY, { schedule: '0 2 * * *', lastSyncTime: ago(0.4).toISOString() });
    vi.setSystemTime(NOW);

    expect((await sweepIn(nightly)).outcome).toMatchObject({ started: 0, deferred: 1 });

    vi.setSystemTime(new Date('2026-06-02T01:00:00Z'));
    expect((await sweepIn(nightly)).outcome).toMatchObject({ started: 1, deferred: 0 });
  });

  test('does not rotate a revoked client, whose secret is disabled', async () => {
    const world = await fleet({ due: 61 });
    const [version] = world.vault.versionsOf(mainSecretName(reference('due')));
    if (version) version.isEnabled = false;
    expect((await sweepIn(world)).started).toEqual([]);
  });

  test('alerts operators if it fails completely', async () => {
    const world = await fleet({ due: 61 });
    world.wire.fail('page', { when: 'before', kind: 'forbidden', times: 9 });
    const { outcome } = await sweepIn(world);
    expect(outcome.stopped?.reason).toContain('the sweep itself failed');
    expect(world.alerts.stopped.size).toBe(1);
  });
});

describe('an old password', () => {
  const old = (from: Date) =>
    ({ slot: 'password2', from: from.toISOString(), createdAt: ago(70).toISOString() }) as const;

  async function overlapped(from: Date) {
    const world = createWorld(SETTINGS);
    const tags = await addMember(world, { client: 'c', issuedAt: ago(5), revokeOld: old(from) });
    const slots = () => Object.keys(world.controlPlane.token(tags.token).slots);
    const tagged = () => parseTags(world.vault.versionsOf(mainSecretName(tags)).at(-1)?.tags ?? {})?.revokeOld;
    return { world, tags, slots, tagged };
  }

  test('is revoked when its time has come, and not before', async () => {
    const early = await overlapped(ago(-1));
    expect((await sweepIn(early.world)).outcome.revoked).toBe(0);
    expect(early.slots()).toEqual(['password2', 'password1']);

    const { world, slots, tagged } = await overlapped(ago(1));
    expect((await sweepIn(world)).outcome.revoked).toBe(1);
    expect([slots(), tagged()]).toEqual([['password1'], undefined]);

    world.wire.calls.length = 0;
    await sweepIn(world);
    expect(world.wire.writes).toEqual([]);
  });

  test('is revoked at once if the device has acknowledged the current version, and no other', async () => {
    const { world, tags, slots } = await overlapped(ago(-1));
    const version = world.vault.versionsOf(mainSecretName(tags)).at(-1)?.version ?? '';
    const records = (acknowledged: string) => new Map([[clientKey(tags), { acknowledged }]]);

    await sweepIn(world, { records: records('an-earlier-one') });

    expect(slots()).toHaveLength(2);

    await sweepIn(world, { records: records(version) });
    expect(slots()).toEqual(['password1']);
  });

  test('is not confused with a newer one in its slot', async () => {
    const { world, tags, slots, tagged } = await overlapped(ago(1));
    world.controlPlane.token(tags.token).slots.password2 = { value: 'new', createdAt: NOW.toISOString() };
    await sweepIn(world);
    expect([slots(), tagged()]).toEqual([['password2', 'password1'], undefined]);
  });

  test('is never the one in the main secret, whatever its tag names', async () => {
    const world = createWorld(SETTINGS);
    const issuedAt = ago(5);
    const revokeOld = { slot: 'password1', from: ago(1).toISOString(), createdAt: issuedAt.toISOString() } as const;
    const { token } = await addMember(world, { client: 'c', issuedAt, revokeOld });

    await sweepIn(world);

    expect(Object.keys(world.controlPlane.token(token).slots)).toEqual(['password1']);
  });

  test.each(['keepOnlySlots', 'updateTags'])('is revoked by the next sweep if %s fails', async (method) => {
    const { world, slots, tagged } = await overlapped(ago(1));
    world.wire.fail(method, { when: 'before' });
    await sweepIn(world);
    await sweepIn(world);
    expect([slots(), tagged()]).toEqual([['password1'], undefined]);
  });
});
