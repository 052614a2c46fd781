import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import { onboarding } from '../fakes/answers/requests.js';
import { armWrites, onboarded, rotateIn, tagsOfMain } from '../fakes/worlds/rotateWorld.js';
import { candidate, main } from '../fakes/worlds/defaultClient.js';
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

describe('an urgent rotation', () => {
  test('replaces the leaked password first, and then empties the other slot', async () => {
    await rotateIn(world);
    const leaked = world.vault.passwordIn(main) ?? '';
    world.wire.calls.length = 0;

    const { outcome } = await rotateIn(world, { urgent: true, run: 'rot0000000000002' });

    expect(outcome).toMatchObject({ status: 'completed', result: { secret: { slot: 'password2' } } });
    expect(outcome.result).not.toHaveProperty('revokes');
    expect(world.controlPlane.accepts(token, leaked)).toBe(false);
    expect(password('password1')).toBeUndefined();
    expect(world.vault.passwordIn(main)).toBe(password('password2'));
    expect(armWrites(world)).toEqual(['generatePassword', 'keepOnlySlots']);
  });

  test('that fails keeps its candidate, the only working password, and the next rotation repairs that', async () => {
    const { outcome, records } = await rotateIn(world, { urgent: true, device: () => undefined });

    expect(outcome.status).toBe('rolledBack');
    expect(outcome.failure?.kept[0]).toContain(candidate);
    expect(world.vault.passwordIn(candidate)).toBe(password('password1'));

    const again = await rotateIn(world, { run: 'rot0000000000002', records });
    expect(again.outcome.status).toBe('completed');
    expect(world.vault.passwordIn(main)).toBe(password('password1'));
  });
});

describe('an urgent rotation whose call is refused', () => {
  const enabledCandidates = () => world.vault.versionsOf(candidate).filter(({ isEnabled }) => isEnabled);
  const refuse = (method: string) => world.wire.fail(method, { when: 'before', kind: 'forbidden' });

  test('before it replaces anything changes nothing, and keeps nothing', async () => {
    refuse('generatePassword');
    const leaked = password('password1');

    const { outcome } = await rotateIn(world, { urgent: true });

    expect(outcome).toMatchObject({
      status: 'rolledBack',
      failure: { code: 'service-forbidden', kept: [], residue: [] },
    });
    expect([world.vault.passwordIn(main), password('password1')]).toEqual([leaked, leaked]);
  });

  test('when it saves its password reports that the client has none, and the next rotation repairs that', async () => {
    await rotateIn(world);
    const old = password('password1');
    refuse('store');

    const { outcome, records } = await rotateIn(world, { urgent: true, run: 'rot0000000000002' });

    expect(outcome).toMatchObject({ status: 'failed', failure: { kept: [] } });
    expect(outcome.failure?.residue).toEqual([expect.stringContaining(`password2 of token ${token}`)]);
    expect([password('password1'), password('password2')]).toEqual([old, undefined]);

    const again = await rotateIn(world, { run: 'rot0000000000003', records });
    expect(again.outcome).toMatchObject({ status: 'completed', result: { secret: { slot: 'password2' } } });
  });

  test('when it empties the other slot leaves that to the sweep, by the tags of the next rotation', async () => {
    await rotateIn(world);
    const revokeOld = tagsOfMain(world)?.revokeOld;
    refuse('keepOnlySlots');

    const { outcome, records } = await rotateIn(world, { urgent: true, run: 'rot0000000000002' });

    expect(outcome.failure?.kept).toEqual([expect.stringContaining(candidate)]);

    const again = await rotateIn(world, { run: 'rot0000000000003', records });

    expect(again.outcome).toMatchObject({ status: 'completed', result: { secret: { slot: 'password2' } } });
    expect(revokeOld).toMatchObject({ slot: 'password1' });
    expect(tagsOfMain(world)?.revokeOld).toEqual(revokeOld);
    expect(enabledCandidates()).toEqual([]);
  });
});
