import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { toActions } from '@connected-registry/protocol/names/permissions';
import { CONNECTED_REGISTRY, onboarding } from '../../fakes/answers/requests.js';
import { LONG_AGO } from '../../fakes/worlds/defaultClient.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
const plan = (client: string) => world.queries.preflight(onboarding({ client }), undefined);
const ARM = /^(?:get|list)/;
const armReads = () => world.wire.calls.filter((call) => ARM.test(call)).toSorted();

test('fifty new clients that are planned at once share four reads of ARM', async () => {
  const plans = await Promise.all(Array.from({ length: 50 }, (_, n) => plan(`new-${n}`)));
  expect(plans.flatMap(({ problems }) => problems)).toEqual([]);
  expect(armReads()).toEqual(['getRegistry', 'listConnectedRegistries', 'listScopeMaps', 'listTokens']);
});

test('those that follow within five seconds read nothing of ARM, and later ones three facts anew', async () => {
  await plan('one');
  world.wire.calls.length = 0;
  pass(4_999);
  await plan('two');
  expect(armReads()).toEqual([]);
  pass(1);
  await plan('three');
  expect(armReads()).toEqual(['getConnectedRegistry', 'listScopeMaps', 'listTokens']);
});

test('clients of several connected registries share a listing of all', async () => {
  const seeded = world.controlPlane.connectedRegistries.get(CONNECTED_REGISTRY);
  for (const name of ['edge1', 'edge2', 'edge3', 'edge4', 'edge5'])
    if (seeded) world.controlPlane.connectedRegistries.set(name, { ...seeded, name });
  await plan('one');
  pass(5_000);
  world.wire.calls.length = 0;
  for (const connectedRegistry of ['edge1', 'edge2', 'edge3', 'edge4', 'edge5']) {
    const found = await world.queries.preflight(onboarding({ connectedRegistry }), undefined);
    expect(found.problems).toEqual([]);
  }
  expect([world.wire.count('getConnectedRegistry'), world.wire.count('listConnectedRegistries')]).toEqual([1, 1]);
});

test('a registry of many tokens is listed only when as many clients ask as it has pages', async () => {
  world = createWorld({ CLIENTS_PER_CONNECTED_REGISTRY: '500' });
  const clientTokens = Array.from({ length: 250 }, (_, n) => `token-${n}`);
  world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens });
  await plan('one');
  await plan('two');
  expect([world.wire.count('listTokens'), world.wire.count('getToken')]).toEqual([0, 3]);
  await plan('three');
  await plan('four');
  expect([world.wire.count('listTokens'), world.wire.count('getToken')]).toEqual([1, 3]);
});

test('a listing of many pages of tokens shows longer which do not exist, so that it is not read again for every few', async () => {
  world = createWorld({ CLIENTS_PER_CONNECTED_REGISTRY: '5000' });
  const clientTokens = Array.from({ length: 2_000 }, (_, n) => `token-${n}`);
  world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens });
  for (let n = 0; n < 60; n += 1) {
    await plan(`new-${n}`);
    pass(1_000);
  }
  // Three in five seconds are enough for a listing that is used for forty.
  const [lists, gets] = [world.wire.count('listTokens'), world.wire.count('getToken')];
  expect([lists, gets]).toEqual([2, 3]);
});

describe('a token that exists is read at once, however new the listing', () => {
  test('when the listing has it', async () => {
    world.addToken({ password1: { createdAt: LONG_AGO } });
    await plan('other');
    world.controlPlane.token(onboarding().token).slots = {};
    const { credential } = await world.queries.preflight(onboarding({ adopt: true }), undefined);
    expect(credential).toMatchObject({ kind: 'issue', slot: 'password1' });
  });

  test('when its name is not the client’s default one', async () => {
    await plan('other');
    world.addToken();
    const { token } = onboarding();
    const found = await world.queries.preflight(onboarding({ client: 'another', token }), undefined);
    expect(found.problems).toMatchObject([{ code: 'token-not-adopted' }]);
  });

  test('when the client’s record names it, with the connected registry and the map as they are now', async () => {
    await plan('other');
    const { token, scopeMap, permissions } = onboarding();
    world.addToken();
    world.controlPlane.scopeMaps.set(scopeMap, {
      name: scopeMap,
      actions: toActions(permissions),
      description: SCOPE_MAP_MARK,
    });
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
    const held = { token, scopeMap, since: LONG_AGO, isMade: true };
    const found = await world.queries.preflight(onboarding(), undefined, { held: [held] });
    expect(found).toMatchObject({ scopeMap: 'same', bound: true, token: { exists: true } });
  });
});

test('a problem is never reported by an older fact', async () => {
  world.controlPlane.change(CONNECTED_REGISTRY, { isActive: false });
  expect((await plan('one')).problems).toMatchObject([{ code: 'connected-registry-inactive' }]);
  world.controlPlane.change(CONNECTED_REGISTRY, { isActive: true });
  expect((await plan('two')).problems).toEqual([]);
});

describe('the secrets of a new client', () => {
  const vaultReads = () => world.wire.calls.filter((call) => call === 'current' || call === 'page');
  const fillVault = async (secrets: number) => {
    for (let n = 0; n < secrets; n += 1)
      await world.vault.store(`other-${n}`, 'x', { expiresOn: '2027-01-01T00:00:00Z', tags: {} });
    world.wire.calls.length = 0;
  };

  test('are looked up in the vault’s listing where one is at hand', async () => {
    await world.queries.tokenUsers.clients();
    world.wire.calls.length = 0;
    await plan('new');
    expect(vaultReads()).toEqual([]);
  });

  test('are looked up in a listing of one page that is read for them', async () => {
    await plan('new');
    expect(vaultReads()).toEqual(['page']);
    await plan('next');
    expect(vaultReads()).toEqual(['page', 'page']);
  });

  test('are read singly where the listing has more pages, of which one is read once', async () => {
    await fillVault(51);
    await plan('new');
    await plan('next');
    expect(vaultReads()).toEqual(['page', 'current', 'current', 'current', 'current']);
  });

  test('are looked up in two listings where many clients ask before the vault was ever listed', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => plan(`new-${n}`)));
    expect(vaultReads()).toEqual(['page', 'page']);
  });

  test('are looked up for minutes in the listing of a large vault, which few clients do not make worthwhile', async () => {
    await fillVault(2_500);
    await world.queries.tokenUsers.clients();
    expect(vaultReads()).toHaveLength(100);
    pass(10 * 60_000 - 1_000);
    world.wire.calls.length = 0;
    await plan('new');
    expect(vaultReads()).toEqual([]);
    pass(1_001);
    // With the one before, the fourth is the fifth of a minute: in ten minutes there would be fifty, with two secrets
    // each.
    for (let n = 0; n < 3; n += 1) await plan(`next-${n}`);
    expect(vaultReads()).toHaveLength(6);
    await plan('fourth');
    expect(vaultReads()).toHaveLength(106);
  });

  test('are read where the listing has them, cannot be read, or the client’s token exists', async () => {
    await world.queries.tokenUsers.clients();
    world.addToken();
    world.wire.calls.length = 0;
    await world.queries.preflight(onboarding({ adopt: true }), undefined);
    expect(vaultReads()).toEqual(['current', 'current']);
  });
});
