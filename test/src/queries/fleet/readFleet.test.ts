import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { defaultTokenName } from '@connected-registry/protocol/names/names';
import { addFleet, nameOf, ONBOARDED, referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { CONNECTED_REGISTRY, REGISTRY } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

let world: World;
beforeEach(() => {
  vi.useFakeTimers({ now: ONBOARDED });
  world = createWorld();
});
afterEach(() => vi.useRealTimers());

const armReads = () => world.wire.calls.filter((call) => /^(?:list|get)/.test(call)).sort();

/** Does something just before the secret of a suspect is read again. */
function atSecondLook(work: () => void): void {
  world.wire.observer = (method) => {
    if (method === 'newest') work();
  };
}

describe('a reading of the fleet', () => {
  test('needs three listings of each registry and every page of the vault, however many clients there are', async () => {
    await addFleet(world, 600, 50);
    world.wire.calls.length = 0;
    const { clients } = await world.queries.readFleet(undefined);
    expect(clients).toHaveLength(600);
    expect(armReads()).toEqual(['listConnectedRegistries', 'listScopeMaps', 'listTokens']);
    // 600 clients with their candidates, 25 in a page.
    expect(world.wire.count('page')).toBe(48);
    expect(world.wire.writes).toEqual([]);
  });

  test('has the rows in the order of their keys, with the times of each credential', async () => {
    await addFleet(world, 30);
    const { clients, from } = await world.queries.readFleet(undefined);
    const keys = clients.map(({ row }) => row.key);
    expect(keys).toEqual(keys.toSorted());
    expect(from).toEqual(ONBOARDED);
    const one = clients.find(({ row }) => row.client === nameOf(0));
    expect(one).toMatchObject({
      row: {
        key: clientKey(referenceOf(0)),
        ...referenceOf(0),
        slot: 'password1',
        issuedAt: ONBOARDED.toISOString(),
        verifiedAt: ONBOARDED.toISOString(),
        expiresOn: '2026-05-30T12:00:00.000Z',
      },
      judgement: { state: 'ok', differences: [] },
    });
    const due = Date.parse(one?.row.rotationDueAt ?? '');
    expect(due).toBeGreaterThan(ONBOARDED.getTime());
    expect(due).toBeLessThan(Date.parse('2026-05-30T12:00:00.000Z'));
  });

  test('looks again at clients that seem wrong, and believes what it has seen before', async () => {
    await addFleet(world, 40);
    world.controlPlane.tokens.delete(defaultTokenName(referenceOf(7)));
    const first = await world.queries.readFleet(undefined);
    const stateOf = (facts: typeof first, nth: number) =>
      facts.clients.find(({ row }) => row.client === nameOf(nth))?.judgement.state;
    expect([stateOf(first, 7), stateOf(first, 8)]).toEqual(['orphaned', 'ok']);
    expect(world.wire.count('newest')).toBe(1);
    expect(world.wire.count('listConnectedRegistries')).toBe(2);
    world.wire.calls.length = 0;
    const second = await world.queries.readFleet(first);
    expect(stateOf(second, 7)).toBe('orphaned');
    expect(armReads()).toEqual(['listConnectedRegistries', 'listScopeMaps', 'listTokens']);
  });

  test('is not misled by a password that was replaced between the reading of the vault and of ARM', async () => {
    await addFleet(world, 3);
    const token = defaultTokenName(referenceOf(1));
    const slots = world.controlPlane.token(token).slots;
    const before = { ...slots };
    const at = '2026-03-01T13:00:00.000Z';
    slots.password1 = { value: 'new', createdAt: at, expiresAt: '2026-06-01T00:00:00.000Z' };
    // The second look finds the vault and ARM in agreement again.
    atSecondLook(() => Object.assign(slots, before));
    const { clients } = await world.queries.readFleet(undefined);
    expect(clients.map(({ judgement }) => judgement.state)).toEqual(['ok', 'ok', 'ok']);
  });

  test('leaves out a client that was offboarded in the meantime', async () => {
    await addFleet(world, 3);
    world.controlPlane.tokens.delete(defaultTokenName(referenceOf(1)));
    atSecondLook(() => void world.vault.remove(clientKey(referenceOf(1))));
    const { clients } = await world.queries.readFleet(undefined);
    expect(clients.map(({ row }) => row.client).toSorted()).toEqual([nameOf(0), nameOf(2)]);
  });

  test('finds who shares a token in the listing that it has', async () => {
    await addFleet(world, 30);
    const shared = world.controlPlane.token(defaultTokenName(referenceOf(3)));
    shared.slots.password2 = { value: 'other', createdAt: '2026-02-01T00:00:00.000Z' };
    world.wire.calls.length = 0;
    await world.queries.readFleet(undefined);
    expect(world.wire.count('page')).toBe(3);
  });

  test('shows connected registries as ARM reports them, with their path from the cloud', async () => {
    await addFleet(world, 2);
    const { controlPlane } = world;
    const parent = controlPlane.connectedRegistries.get(CONNECTED_REGISTRY);
    if (!parent) throw new Error('The world has a connected registry.');
    controlPlane.change(CONNECTED_REGISTRY, { connectionState: 'Online', lastSyncTime: '2026-03-01T11:59:00.000Z' });
    const { syncToken: _token, ...rest } = parent;
    controlPlane.connectedRegistries.set('child', {
      ...rest,
      name: 'child',
      parent: CONNECTED_REGISTRY,
      mode: 'something-new',
      isActive: undefined,
      schedule: 'whenever',
      clientTokens: [],
    });
    controlPlane.connectedRegistries.set('lost', { ...rest, name: 'lost', parent: 'gone', clientTokens: [] });
    const { connectedRegistries } = await world.queries.readFleet(undefined);
    expect(connectedRegistries).toEqual([
      {
        registry: REGISTRY,
        name: 'child',
        parent: CONNECTED_REGISTRY,
        path: [CONNECTED_REGISTRY, 'child'],
        loginServer: parent.loginServer,
        schedule: 'whenever',
        clients: 0,
        cap: 50,
      },
      {
        registry: REGISTRY,
        name: 'lost',
        parent: 'gone',
        path: ['gone', 'lost'],
        mode: 'ReadOnly',
        activation: 'Active',
        loginServer: parent.loginServer,
        schedule: '* * * * *',
        nextSync: '2026-03-01T12:01:00.000Z',
        clients: 0,
        cap: 50,
      },
      {
        registry: REGISTRY,
        name: CONNECTED_REGISTRY,
        path: [CONNECTED_REGISTRY],
        mode: 'ReadOnly',
        connectionState: 'Online',
        activation: 'Active',
        loginServer: parent.loginServer,
        schedule: '* * * * *',
        lastSync: '2026-03-01T11:59:00.000Z',
        nextSync: '2026-03-01T12:01:00.000Z',
        clients: 2,
        cap: 50,
        repositories: ['hello-world', 'samples/*'],
        repositoryCount: 2,
      },
    ]);
  });

  test('fails as the service does', async () => {
    await addFleet(world, 3);
    world.wire.fail('listTokens', { when: 'before', kind: 'throttled', retryAfterSeconds: 7 });
    await expect(world.queries.readFleet(undefined)).rejects.toMatchObject({ name: 'ServiceError' });
  });
});
