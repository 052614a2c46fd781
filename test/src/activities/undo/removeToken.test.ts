import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CONNECTED_REGISTRY, onboarding, RUN } from '../../fakes/answers/requests.js';
import { reference } from '../../fakes/answers/orders.js';
import { LONG_AGO } from '../../fakes/worlds/defaultClient.js';
import { gone, kept, SINCE, throughFault } from './undoUnderTest.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const { token, scopeMap } = onboarding();
let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date(SINCE) });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

describe('removeToken', () => {
  const remove = () =>
    world.activities.removeToken({
      vaultHost: undefined,
      reference: reference(),
      run: RUN,
      token,
      scopeMap,
      since: SINCE,
    });
  const add = (changes = {}) => Object.assign(world.addToken(), { createdAt: SINCE, ...changes });

  test('disables the token before it deletes it, and is idempotent', async () => {
    add();
    expect(await remove()).toEqual(gone);
    expect(world.wire.writes).toEqual(['disableToken', 'deleteToken']);
    expect(await remove()).toEqual(gone);
    expect(world.wire.writes).toHaveLength(2);
  });

  test('keeps a token that is older than the run, or that somebody changed', async () => {
    add({ createdAt: LONG_AGO });
    expect(await remove()).toEqual(kept);
    add({ scopeMap: 'somebody-elses' });
    expect(await remove()).toEqual(kept);
    expect(world.wire.writes).toEqual([]);
  });

  test.each([
    ['disableToken', 'after'],
    ['deleteToken', 'before'],
    ['deleteToken', 'after'],
  ] as const)('converges when %s failed %s its effect', async (method, when) => {
    add();
    await throughFault(world, remove, method, when);
    expect(world.controlPlane.tokens.has(token)).toBe(false);
  });

  test('reports that the token is bound again if ARM refuses the deletion for that', async () => {
    add();
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
    expect(await remove()).toEqual({ kind: 'done', value: { isBound: true } });
    expect([world.controlPlane.tokens.has(token), world.controlPlane.token(token).isEnabled]).toEqual([true, false]);
  });

  test('leaves the token disabled if it cannot be deleted', async () => {
    add();
    world.wire.fail('deleteToken', { when: 'before', kind: 'forbidden' });
    expect(await remove()).toMatchObject({ kind: 'failed', code: 'service-forbidden' });
    expect(world.controlPlane.token(token).isEnabled).toBe(false);
  });
});
