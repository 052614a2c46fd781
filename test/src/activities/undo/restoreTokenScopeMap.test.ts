import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { onboarding, RUN } from '../../fakes/answers/requests.js';
import { reference } from '../../fakes/answers/orders.js';
import { gone, kept, SINCE, throughFault } from './undoUnderTest.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const { token, scopeMap } = onboarding();
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(SINCE) });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('restoreTokenScopeMap', () => {
  const restore = () =>
    world.activities.restoreTokenScopeMap({
      vaultHost: undefined,
      reference: reference(),
      run: RUN,
      token,
      ours: scopeMap,
      earlier: 'earlier',
    });
  const addMap = (name: string) => world.controlPlane.scopeMaps.set(name, { name, actions: [], description: 'theirs' });
  beforeEach(() => {
    addMap('earlier');
  });

  test('reports that the token keeps the app’s map if the original map was deleted, and creates none', async () => {
    world.addToken();
    world.controlPlane.scopeMaps.delete('earlier');
    const said = `token ${token}: keeps scope map ${scopeMap}, because its original scope map earlier no longer exists`;
    expect(await restore()).toEqual({ kind: 'done', value: { residue: said } });
    expect(world.wire.writes).toEqual([]);
  });

  test('restores the earlier map, and is idempotent', async () => {
    world.addToken();
    expect(await restore()).toEqual(gone);
    expect(world.controlPlane.token(token).scopeMap).toBe('earlier');
    await restore();
    expect(world.wire.count('setTokenScopeMap')).toBe(1);
  });

  test('keeps a map that somebody else gave it', async () => {
    world.addToken().scopeMap = 'somebody-elses';
    expect(await restore()).toEqual(kept);
    expect(world.controlPlane.token(token).scopeMap).toBe('somebody-elses');
  });

  test('converges if an answer was lost, or the token is gone', async () => {
    world.addToken();
    await throughFault(world, restore, 'setTokenScopeMap', 'after');
    world.controlPlane.tokens.delete(token);
    expect(await restore()).toEqual(gone);
  });
});
