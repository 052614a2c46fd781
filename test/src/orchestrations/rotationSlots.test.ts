import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import { report } from '../fakes/worlds/onboardScript.js';
import { onboarding } from '../fakes/answers/requests.js';
import { onboarded, rotateIn } from '../fakes/worlds/rotateWorld.js';
import { main } from '../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

const { token } = onboarding();

let world: World;
beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
  await onboarded(world);
});
afterEach(() => vi.useRealTimers());

const password = (slot: SlotName) => world.controlPlane.token(token).slots[slot]?.value;

describe('a rotation', () => {
  test('issues a new password if somebody removed its password during the run', async () => {
    let wiped = false;
    const { outcome } = await rotateIn(world, {
      device: () => (wiped && password('password2') !== undefined ? report() : report({ outcome: 'unauthorized' })),
      before: (name) => {
        if (name !== 'requestPullCheck' || wiped) return;
        wiped = true;
        delete world.controlPlane.token(token).slots.password2;
      },
    });

    expect(outcome.status).toBe('completed');
    expect(world.vault.passwordIn(main)).toBe(password('password2'));
  });

  test('fills a slot again that its undo could not empty', async () => {
    world.wire.fail('keepOnlySlots', { when: 'before', kind: 'forbidden' });
    const { outcome, records } = await rotateIn(world, { device: () => report({ outcome: 'digest-mismatch' }) });

    expect(outcome).toMatchObject({ status: 'failed', failure: { residue: [expect.stringContaining('clearSlot')] } });
    expect(password('password2')).toBeDefined();

    const again = await rotateIn(world, { run: 'rot0000000000002', records });
    expect(again.outcome).toMatchObject({ status: 'completed', result: { secret: { slot: 'password2' } } });
  });

  test('never fills a slot whose password others created, whatever was retired before', async () => {
    await rotateIn(world, { device: () => report({ outcome: 'digest-mismatch' }) });
    world.controlPlane.token(token).slots.password2 = { createdAt: new Date().toISOString(), value: 'theirs' };
    const { outcome } = await rotateIn(world, { run: 'rot0000000000002' });
    expect(outcome.failure).toMatchObject({ code: 'preflight', problems: [{ code: 'slots-in-use' }] });
    expect(password('password2')).toBe('theirs');
  });

  test('keeps its slot when issuing is retried', async () => {
    world.wire.fail('generatePassword', { when: 'after', times: 2 });
    const live = password('password1');
    const { outcome } = await rotateIn(world);
    expect(outcome.result?.secret.slot).toBe('password2');
    expect(password('password1')).toBe(live);
  });

  test('keeps its slot when promotion is repeated', async () => {
    world.wire.fail('copy', { when: 'after', times: 1 });
    const live = password('password1');
    const { outcome } = await rotateIn(world);
    expect(outcome.status).toBe('completed');
    expect([password('password1'), world.vault.passwordIn(main)]).toEqual([live, password('password2')]);
  });
});
