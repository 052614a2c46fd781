import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { toActions } from '@connected-registry/protocol/names/permissions';
import { onboarding } from '../fakes/answers/requests.js';
import { onboardIn } from '../fakes/worlds/onboardWorld.js';
import { createWorld, type World } from '../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

/** In the order in which they are made. */
const CALLS_AFTER_PREFLIGHT = [
  'getToken',
  'createToken',
  'newest',
  'newest',
  'generatePassword',
  'store',
  'getConnectedRegistry',
  'setClientTokens',
  'getConnectedRegistry',
  'requestPullCheck',
  'getConnectedRegistry',
  'copy',
  'disable',
  'announcePromotion',
];
const PREFLIGHT = ['getRegistry', 'listConnectedRegistries', 'listTokens', 'listScopeMaps', 'page'];

test('a first onboarding with a shared scope map makes seventeen calls of ARM and the vault, each for a reason of its own', async () => {
  const { scopeMap, permissions } = onboarding();
  const map = { name: scopeMap, actions: toActions(permissions), description: SCOPE_MAP_MARK };
  world.controlPlane.scopeMaps.set(scopeMap, map);
  const { outcome } = await onboardIn(world);
  expect(outcome.status).toBe('completed');
  const calls = world.wire.calls;
  expect(calls.slice(0, PREFLIGHT.length).toSorted()).toEqual(PREFLIGHT.toSorted());
  expect(calls.slice(PREFLIGHT.length)).toEqual(CALLS_AFTER_PREFLIGHT);
});

test('one that makes its scope map reads it before, and creates it', async () => {
  await onboardIn(world);
  expect(world.wire.calls.slice(PREFLIGHT.length)).toEqual(['getScopeMap', 'createScopeMap', ...CALLS_AFTER_PREFLIGHT]);
});
