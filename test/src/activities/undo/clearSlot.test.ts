import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { onboarding, RUN } from '../../fakes/answers/requests.js';
import { reference } from '../../fakes/answers/orders.js';
import { LONG_AGO } from '../../fakes/worlds/defaultClient.js';
import { passwordExpiry } from '../../../../src/domain/tokens/requestedPassword.js';
import { gone, SINCE, throughFault } from './undoUnderTest.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const { token } = onboarding();
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(SINCE) });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('clearSlot', () => {
  const clear = (wasLive = false, ofRun: { readonly issued?: string[]; readonly requested?: string[] } = {}) =>
    world.activities.clearSlot({
      vaultHost: undefined,
      reference: reference(),
      run: RUN,
      token,
      slot: 'password2',
      earlier: LONG_AGO,
      wasLive,
      ...ofRun,
    });

  test('clears the filled slot, keeps the other one, and is idempotent', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO }, password2: { createdAt: '2026-03-01T12:00:05.000Z' } });
    expect(await clear()).toEqual(gone);
    expect(Object.keys(world.controlPlane.token(token).slots)).toEqual(['password1']);
    expect(await clear()).toEqual(gone);
    expect(world.wire.count('keepOnlySlots')).toBe(1);
  });

  test('keeps the password that the slot had at preflight', async () => {
    world.addToken({ password2: { createdAt: LONG_AGO } });
    await clear();
    expect(world.controlPlane.accepts(token, 'foreign-password2')).toBe(true);
  });

  test('reports the loss of a working password, but only if it was overwritten', async () => {
    const live = () => clear(true);
    world.addToken({ password2: { createdAt: LONG_AGO } });
    expect(await live()).toEqual(gone);
    world.addToken({ password2: { createdAt: SINCE } });
    expect(await live()).toMatchObject({
      kind: 'done',
      value: { residue: expect.stringContaining('password2') as string },
    });
  });

  test('clears of an adopted token only what the run has requested, also if it has requested nothing', async () => {
    const later = '2026-03-01T12:00:05.000Z';
    const own = '2026-05-30T12:00:00.000Z';
    const residue = expect.stringContaining('did not save') as string;
    for (const ofRun of [{ issued: [], requested: [] }, { issued: [], requested: [own] }, { issued: [] }]) {
      world.addToken({ password2: { createdAt: later } });
      expect(await clear(false, ofRun)).toMatchObject({ kind: 'done', value: { residue } });
    }
    expect(world.controlPlane.accepts(token, 'foreign-password2')).toBe(true);
    world.addToken({ password2: { createdAt: later, expiresAt: passwordExpiry(own).toISOString() } });
    expect(await clear(false, { issued: [], requested: [own] })).toEqual(gone);
    expect(world.controlPlane.token(token).slots).toEqual({});
  });

  test('converges if an answer was lost, or the token is gone', async () => {
    world.addToken({ password2: { createdAt: SINCE } });
    await throughFault(world, () => clear(), 'keepOnlySlots', 'after');
    world.controlPlane.tokens.delete(token);
    expect(await clear()).toEqual(gone);
  });
});
