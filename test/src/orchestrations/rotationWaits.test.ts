import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import { CONNECTED_REGISTRY, onboarding } from '../fakes/answers/requests.js';
import { onboarded, rotateIn, tagsOfMain } from '../fakes/worlds/rotateWorld.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const { token, registry, connectedRegistry, client } = onboarding();

let world: World;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  await onboarded(world);
});
afterEach(() => vi.useRealTimers());

const password = (slot: SlotName) => world.controlPlane.token(token).slots[slot]?.value;

describe('a rotation', () => {
  test('waits for the replication of the password and the next sync before it requests the pull check', async () => {
    let asked: Date | undefined;
    const startedAt = Date.now();

    const { context } = await rotateIn(world, {
      before: (name, { at }) => {
        if (name === 'requestPullCheck') asked ??= at;
      },
    });
    const { passwordReplicationSeconds } = world.config.limits;

    expect((asked?.getTime() ?? 0) - startedAt).toBeGreaterThanOrEqual(passwordReplicationSeconds * 1000);
    expect(context.calls.filter(({ name }) => name === 'requestPullCheck')).toHaveLength(1);
  });

  test('waits while the edge is offline, and requests the pull check after its next sync', async () => {
    const back = Date.now() + 3 * 86_400_000;
    const { outcome, context } = await rotateIn(world, { edge: (at) => at.getTime() > back });
    expect(outcome.status).toBe('completed');

    const asked = context.calls.filter(({ name }) => name === 'requestPullCheck');
    expect(asked).toHaveLength(1);
    expect(asked[0]?.at.getTime()).toBeGreaterThan(back);
  });

  test('waits for the nightly sync of its connected registry', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { schedule: '0 2 * * *', syncWindow: 'PT3H' });
    const { context } = await rotateIn(world, { edge: (at) => at.getUTCHours() === 2 });
    const [asked] = context.calls.filter(({ name }) => name === 'requestPullCheck');
    expect(asked?.at.toISOString()).toBe('2026-03-02T02:00:10.000Z');
    expect(context.calls.filter(({ name }) => name === 'readSync')).toHaveLength(1);
  });

  test('waits for the sync that ARM reports if the schedule is unreadable, and then keeps the previous password for longer', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { schedule: '0 2 L * *' });
    const back = Date.now() + 3 * 86_400_000;

    const { outcome, context } = await rotateIn(world, { edge: (at) => at.getTime() > back });

    expect(outcome.status).toBe('completed');

    const asked = context.calls.filter(({ name }) => name === 'requestPullCheck');
    expect(asked).toHaveLength(1);
    expect(asked[0]?.at.getTime()).toBeGreaterThan(back);

    // Syncs may be as far apart as the longest time that a rotation waits for one.
    const { syncDeadlineSeconds, agentRefreshSeconds } = world.config.limits;
    const kept = (Date.parse(tagsOfMain(world)?.revokeOld?.from ?? '') - (asked[0]?.at.getTime() ?? 0)) / 1000;
    expect(kept).toBeGreaterThanOrEqual(syncDeadlineSeconds + agentRefreshSeconds);
  });

  test('with an unreadable schedule is planned with that problem, and an urgent one without a time', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { schedule: '0 2 L * *' });
    for (const urgent of [false, true]) {
      const reference = { registry, connectedRegistry, client };
      const { problems, outage = '' } = await world.queries.planRotation({ ...reference, urgent }, undefined);
      expect(problems).toMatchObject([{ code: 'sync-schedule-unreadable', unknown: true }]);
      expect(outage).not.toMatch(/\d s |up to|\d{4}-/);
      expect(outage.includes('unknown')).toBe(urgent);
    }
  });

  test('is undone if the edge never syncs', async () => {
    world.controlPlane.change(CONNECTED_REGISTRY, { lastSyncTime: '2026-03-01T11:00:00.000Z' });
    const { outcome } = await rotateIn(world, { edge: () => false });
    expect(outcome).toMatchObject({ status: 'rolledBack', failure: { code: 'sync-overdue' } });
    expect(password('password2')).toBeUndefined();
  });
});
