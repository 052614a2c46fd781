import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { report } from '../fakes/worlds/onboardScript.js';
import { onboarding } from '../fakes/answers/requests.js';
import { onboarded, rotateIn, tagsOfMain } from '../fakes/worlds/rotateWorld.js';
import { main } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const { client } = onboarding();

let world: World;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  await onboarded(world);
});
afterEach(() => vi.useRealTimers());

describe('the time of the next try of a failed rotation', () => {
  const failing = () => report({ outcome: 'digest-mismatch' });

  test('is after a freeze window, during which no sweep would start it', async () => {
    const freezeWindows = [{ cron: '0 0 1 3 *', seconds: 5 * 86_400, timeZone: 'UTC' }];
    const { outcome, records } = await rotateIn(world, { device: failing, limits: { freezeWindows } });
    expect(outcome.failure?.nextTryAt).toBe('2026-03-06T00:00:00.000Z');
    expect(records.state.retryRotationAt).toBe('2026-03-06T00:00:00.000Z');
  });

  test('is not before the previous password leaves its slot', async () => {
    await rotateIn(world);
    const { outcome } = await rotateIn(world, { run: 'rot0000000000002' });
    const { revokeOld } = tagsOfMain(world) ?? {};
    expect(revokeOld?.from).toEqual(expect.any(String));
    expect(outcome.failure).toMatchObject({ code: 'preflight', nextTryAt: revokeOld?.from });
  });

  test('is absent if the sweep timer is disabled, by either spelling of the host’s setting', async () => {
    for (const name of ['AzureWebJobs.startRotationSweep.Disabled', 'AzureWebJobs_startRotationSweep_Disabled']) {
      world = createWorld({ [name]: 'true' });
      await onboarded(world);
      const { outcome, records } = await rotateIn(world, { device: failing });
      expect(outcome.failure).toMatchObject({ code: 'pull-digest-mismatch' });
      expect(outcome.failure).not.toHaveProperty('nextTryAt');
      expect(records.state).not.toHaveProperty('retryRotationAt');
      expect([...world.alerts.failed.values()][0]).not.toHaveProperty('nextTryAt');
    }
  });

  test('is absent for a client whose secret was deleted or disabled during the run', async () => {
    const newest = () => world.vault.versionsOf(main).at(-1)?.version ?? '-';
    const hide = () => world.vault.disable({ name: main, version: newest() });
    for (const takeAway of [() => world.vault.remove(main), hide]) {
      world = createWorld();
      await onboarded(world);
      const { outcome } = await rotateIn(world, {
        device: failing,
        before: async (name) => {
          if (name === 'isSwept') await takeAway();
        },
      });
      expect(outcome.failure).not.toHaveProperty('nextTryAt');
    }
  });

  test('is absent if it is unknown whether sweeps see the client, which is retried nevertheless', async () => {
    const { outcome, records } = await rotateIn(world, {
      device: failing,
      before: (name) => {
        if (name === 'isSwept') world.wire.fail('newest', { when: 'before', kind: 'forbidden' });
      },
    });

    expect(outcome.failure).not.toHaveProperty('nextTryAt');
    expect(records.state.retryRotationAt).toEqual(expect.any(String));
  });

  test('is absent for a client that no sweep sees', async () => {
    await world.vault.remove(main);
    const { outcome, records } = await rotateIn(world);

    expect(outcome.failure).toMatchObject({ problems: [{ code: 'not-onboarded' }] });
    expect(outcome.failure).not.toHaveProperty('nextTryAt');
    expect(records.state).not.toHaveProperty('retryRotationAt');

    const alerts = [...world.alerts.failed.values()];
    expect(alerts).toMatchObject([{ client, code: 'preflight' }]);
    expect(alerts[0]).not.toHaveProperty('nextTryAt');
  });
});
