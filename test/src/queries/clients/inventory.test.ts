import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, defaultTokenName } from '@connected-registry/protocol/names/names';
import type { ClientPlace } from '../../../../src/queries/clients/inventory.js';
import { addFleet, FLEET_MAP, nameOf, ONBOARDED, referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { CONNECTED_REGISTRY, EDGE_HOST, REGISTRY } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: ONBOARDED });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

/** All pages, with the calls that each needed. */
async function walk(filter: object, top: number) {
  const clients: string[] = [];
  const sizes: number[] = [];
  let from: ClientPlace | undefined;
  do {
    const page = await world.queries.inventory.clients(filter, top, from);
    clients.push(...page.clients.map(({ client }) => client));
    sizes.push(page.clients.length);
    from = page.next;
  } while (from);
  return { clients, sizes };
}

describe('the inventory', () => {
  test('shows a client as tags and ARM have it', async () => {
    await addFleet(world, 1);
    const view = await world.queries.inventory.client(clientKey(referenceOf(0)), world.ports.vaults.hosts[0]);
    expect(view).toMatchObject({
      ...referenceOf(0),
      key: clientKey(referenceOf(0)),
      state: 'ok',
      differences: [],
      scopeMap: { name: FLEET_MAP, actions: ['repositories/hello-world/content/read'], actionCount: 1 },
      slot: 'password1',
      issuedAt: ONBOARDED.toISOString(),
      bound: true,
      endpoint: EDGE_HOST,
      secret: { isEnabled: true },
      pull: { image: 'hello-world:latest' },
    });
    expect(world.wire.writes).toEqual([]);
  });

  test('has each of 120 clients once, whatever the size of a page', async () => {
    await addFleet(world, 120);
    const all = Array.from({ length: 120 }, (_, nth) => nameOf(nth));
    for (const top of [1, 7, 25, 50, 100]) {
      const { clients, sizes } = await walk({}, top);
      expect(clients.toSorted()).toEqual(all);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(top);
    }
  });

  test('reads no more than a page needs, also among 20,000 secrets', async () => {
    await addFleet(world, 50);
    const { name, tags } = (await world.vault.newest(clientKey(referenceOf(0)))) ?? { name: '', tags: {} };
    for (let nth = 0; nth < 20_000; nth += 1)
      await world.vault.store(`zz-${nth}`, '', { expiresOn: '', tags: nth % 2 ? {} : { ...tags, note: name } });
    world.wire.calls.length = 0;
    const { clients, next } = await world.queries.inventory.clients({}, 20);
    expect([clients.length, next?.skip]).toEqual([20, expect.any(Number)]);
    // 20 clients with their candidates are two pages of 25.
    expect(world.wire.count('page')).toBe(2);
    expect(world.wire.calls.filter((call) => call !== 'page').sort()).toEqual([
      'getScopeMap',
      'listConnectedRegistries',
      'listTokens',
    ]);
  });

  test('gives a short page rather than a long wait when few fit', async () => {
    await addFleet(world, 1);
    for (let nth = 0; nth < 3000; nth += 1) await world.vault.store(`aa-${nth}`, '', { expiresOn: '', tags: {} });
    const first = await world.queries.inventory.clients({}, 50);
    expect(first.clients).toEqual([]);
    expect(world.wire.count('page')).toBe(40);
    expect((await walk({}, 50)).clients).toEqual([nameOf(0)]);
  });

  test('reads tokens one by one where that takes fewer calls than a listing', async () => {
    await addFleet(world, 600, 50);
    world.wire.calls.length = 0;
    await world.queries.inventory.clients({}, 5);
    expect([world.wire.count('getToken'), world.wire.count('listTokens')]).toEqual([5, 0]);
    await world.queries.inventory.clients({}, 50);
    expect([world.wire.count('getToken'), world.wire.count('listTokens')]).toEqual([5, 1]);
    expect(world.wire.count('listConnectedRegistries')).toBe(1);
    vi.advanceTimersByTime(60_001);
    await world.queries.inventory.clients({}, 100);
    expect(world.wire.count('listConnectedRegistries')).toBe(2);
  });

  test('is not misled by an older read about clients that were onboarded or lost their token since', async () => {
    await addFleet(world, 3);
    await world.queries.inventory.clients({}, 50);
    await addFleet(world, 5, 4);
    world.controlPlane.tokens.delete(defaultTokenName(referenceOf(1)));
    const { clients } = await world.queries.inventory.clients({}, 50);
    const states = Object.fromEntries(clients.map(({ client, state }) => [client, state]));
    const expected = [0, 1, 2, 3, 4].map((nth) => [nameOf(nth), nth === 1 ? 'orphaned' : 'ok']);
    expect(states).toEqual(Object.fromEntries(expected));
  });

  test('takes the filters together', async () => {
    await addFleet(world, 20, 5);
    world.controlPlane.token((await view(7)).token).isEnabled = false;
    expect((await walk({ connectedRegistry: 'EDGE0001' }, 3)).clients.toSorted()).toEqual([5, 6, 7, 8, 9].map(nameOf));
    expect((await walk({ registry: REGISTRY.toUpperCase() }, 50)).clients).toHaveLength(20);
    expect((await walk({ registry: 'otherregistry' }, 50)).clients).toEqual([]);
    expect((await walk({ state: 'drifted' }, 3)).clients).toEqual([nameOf(7)]);
    expect((await walk({ state: 'drifted', connectedRegistry: 'edge0002' }, 3)).clients).toEqual([]);
    expect((await walk({ expiresBefore: '2026-05-30T12:00:00Z' }, 50)).clients).toEqual([]);
    expect((await walk({ expiresBefore: '2026-05-30T14:00:01+02:00' }, 50)).clients).toHaveLength(20);
  });

  const view = async (nth: number) => {
    const found = await world.queries.inventory.client(
      clientKey(referenceOf(nth, 'edge0001')),
      world.ports.vaults.hosts[0],
    );
    if (!found) throw new Error(`no client ${nth}`);
    return found;
  };

  test('finds a client by name without going through the vault', async () => {
    await addFleet(world, 20, 5);
    world.wire.calls.length = 0;
    const byName = await walk({ client: nameOf(7) }, 50);
    expect(byName.clients).toEqual([nameOf(7)]);
    expect(world.wire.count('page')).toBe(0);
    // One read for each connected registry.
    expect(world.wire.count('newest')).toBe(4);
    world.wire.calls.length = 0;
    expect((await walk({ client: nameOf(7), connectedRegistry: 'edge0001' }, 50)).clients).toEqual([nameOf(7)]);
    expect(world.wire.count('newest')).toBe(1);
    expect((await walk({ client: nameOf(7).toUpperCase() }, 50)).clients).toEqual([]);
  });

  test('shows a revoked client, and leaves candidates, strangers and copies out', async () => {
    await addFleet(world, 1);
    const key = clientKey(referenceOf(0));
    const listing = await world.vault.newest(key);
    await world.vault.store('a-copy', '', { expiresOn: '', tags: listing?.tags ?? {} });
    await world.vault.store('somebody', '', { expiresOn: '', tags: { managedBy: 'somebody' } });
    world.controlPlane.token(
      (await world.queries.inventory.client(key, world.ports.vaults.hosts[0]))?.token ?? '',
    ).isEnabled = false;
    await world.vault.disable({ name: key, version: world.vault.versionsOf(key)[0]?.version ?? '' });
    const { clients } = await world.queries.inventory.clients({}, 50);
    expect(clients).toMatchObject([{ key, state: 'revoked', secret: { isEnabled: false } }]);
    expect(
      await world.queries.inventory.client(candidateSecretName(referenceOf(0)), world.ports.vaults.hosts[0]),
    ).toBeUndefined();
    expect(await world.queries.inventory.client('a-copy', world.ports.vaults.hosts[0])).toBeUndefined();
    expect(await world.queries.inventory.client('nothing', world.ports.vaults.hosts[0])).toBeUndefined();
  });

  test('leaves out the clients of registries that the app does not know', async () => {
    await addFleet(world, 1);
    const reference = { ...referenceOf(1), registry: 'otherregistry' };
    const listing = await world.vault.newest(clientKey(referenceOf(0)));
    const tags = { ...listing?.tags, registry: 'otherregistry', client: reference.client };
    await world.vault.store(clientKey(reference), '', { expiresOn: '', tags });
    expect((await walk({}, 50)).clients).toEqual([nameOf(0)]);
    expect(await world.queries.inventory.client(clientKey(reference), world.ports.vaults.hosts[0])).toBeUndefined();
  });

  test('shows the first rights of many in a list, and all of one client', async () => {
    await addFleet(world, 1);
    const actions = Array.from({ length: 60 }, (_, nth) => `repositories/r${nth}/content/read`);
    world.controlPlane.scopeMaps.set(FLEET_MAP, { name: FLEET_MAP, actions, description: '' });
    const [listed] = (await world.queries.inventory.clients({}, 50)).clients;
    expect([listed?.scopeMap.actions.length, listed?.scopeMap.actionCount]).toEqual([20, 60]);
    const one = await world.queries.inventory.client(clientKey(referenceOf(0)), world.ports.vaults.hosts[0]);
    expect(one?.scopeMap.actions).toEqual(actions);
  });

  test('says that a client is unbound whose connected registry is gone', async () => {
    await addFleet(world, 1);
    world.controlPlane.connectedRegistries.delete(CONNECTED_REGISTRY);
    const [client] = (await world.queries.inventory.clients({}, 50)).clients;
    expect(client).toMatchObject({ state: 'unbound', bound: false });
  });
});
