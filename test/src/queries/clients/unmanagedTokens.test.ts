import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { defaultTokenName, mainSecretName } from '@connected-registry/protocol/names/names';
import { NOTHING_KNOWN, type ClientRecord } from '../../../../src/domain/clients/clientRecord.js';
import type { UnmanagedPosition } from '../../../../src/queries/clients/unmanagedTokens.js';
import { addFleet, ONBOARDED, referenceOf } from '../../fakes/clients/onboardedFleet.js';
import { CONNECTED_REGISTRY, REGISTRY } from '../../fakes/answers/requests.js';
import { createWorld, type World } from '../../fakes/worlds/world.js';

const OTHER = 'otherconnectedregistry';
let world: World;
let owners: Map<string, ClientReference>;
let records: Map<string, ClientRecord>;
beforeEach(() => {
  vi.useFakeTimers({ now: ONBOARDED });
  world = createWorld();
  owners = new Map();
  records = new Map();
});
afterEach(() => vi.useRealTimers());

const claims = {
  tokenOwner: async (_: string, token: string) => owners.get(token.toLowerCase()),
  record: async (key: string) => records.get(key) ?? NOTHING_KNOWN,
};
const page = (filter: object = {}, top = 100, from?: UnmanagedPosition) =>
  world.queries.unmanaged.page(filter, top, from, claims);
const namesOf = async (filter: object = {}) => (await page(filter)).tokens.map(({ token }) => token);

/** Tokens that somebody made by hand, on the list of a connected registry. */
function byHand(names: readonly string[], connectedRegistry = CONNECTED_REGISTRY, actions = 1): void {
  const { controlPlane } = world;
  const pattern = controlPlane.connectedRegistries.get(CONNECTED_REGISTRY);
  if (pattern && !controlPlane.connectedRegistries.has(connectedRegistry))
    controlPlane.connectedRegistries.set(connectedRegistry, {
      ...pattern,
      name: connectedRegistry,
      syncToken: `${connectedRegistry}-sync`,
      clientTokens: [],
    });
  const list = Array.from({ length: actions }, (_, nth) => `repositories/r${nth}/content/read`);
  controlPlane.scopeMaps.set('by-hand', { name: 'by-hand', actions: list, description: '' });
  for (const name of names)
    controlPlane.tokens.set(name, {
      scopeMap: 'by-hand',
      isEnabled: true,
      createdAt: '2025-01-01T00:00:00.000Z',
      slots: { password1: { value: 'theirs', createdAt: '2025-01-01T00:01:00.000Z' } },
    });
  controlPlane.change(connectedRegistry, {
    clientTokens: [...controlPlane.clientsOf(connectedRegistry), ...names],
  });
}

describe('unmanaged tokens', () => {
  test('are listed with what ARM says of them, and never the clients', async () => {
    await addFleet(world, 2);
    byHand(['press-1']);
    expect((await page()).tokens).toEqual([
      {
        registry: REGISTRY,
        connectedRegistry: CONNECTED_REGISTRY,
        token: 'press-1',
        state: 'unmanaged',
        isEnabled: true,
        createdAt: '2025-01-01T00:00:00.000Z',
        passwords: [{ slot: 'password1', createdAt: '2025-01-01T00:01:00.000Z', works: true }],
        freeSlot: 'password2',
        scopeMap: { name: 'by-hand', rights: 'read', actions: ['repositories/r0/content/read'] },
        lastUse: 'unknown',
      },
    ]);
    expect(world.wire.writes).toEqual([]);
    expect(JSON.stringify(await page())).not.toContain('theirs');
  });

  test('are neither the sync token of a connected registry nor a token that no longer exists', async () => {
    byHand(['press-1']);
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [CONNECTED_REGISTRY, 'deleted-token', 'press-1'] });
    expect(await namesOf()).toEqual(['press-1']);
  });

  test('cost three listings, which the pages that follow share; a new list reads again', async () => {
    byHand(Array.from({ length: 9 }, (_, nth) => `press-${nth}`));
    const found: string[] = [];
    let from: UnmanagedPosition | undefined;
    do {
      const next = await page({}, 2, from);
      found.push(...next.tokens.map(({ token }) => token));
      from = next.next;
      vi.advanceTimersByTime(6_000);
    } while (from);
    expect(found).toEqual(Array.from({ length: 9 }, (_, nth) => `press-${nth}`));
    const calls = () => world.wire.calls.filter((call) => call !== 'page' && call !== 'newest').toSorted();
    expect(calls()).toEqual(['listConnectedRegistries', 'listScopeMaps', 'listTokens']);
    // What a plan has seen must not hide from the next one what came in between.
    await page();
    await page();
    expect(calls()).toHaveLength(9);
  });

  test('are read again for the next page if the clock was set back', async () => {
    byHand(['press-0', 'press-1']);
    const { next } = await page({}, 1);
    vi.setSystemTime(Date.now() - 3_600_000);
    world.wire.calls.length = 0;
    await page({}, 1, next);
    expect(world.wire.count('listTokens')).toBe(1);
  });

  test('that come and go between two pages move no other token', async () => {
    byHand(['press-1', 'press-3', 'press-5']);
    const { next } = await page({}, 1);
    vi.advanceTimersByTime(61_000);
    byHand(['press-0', 'press-2']);
    world.controlPlane.tokens.delete('press-1');
    expect((await page({}, 100, next)).tokens.map(({ token }) => token)).toEqual(['press-2', 'press-3', 'press-5']);
  });

  test('fill a page by their permissions too, and each is on one', async () => {
    byHand(['press-1', 'press-2', 'press-3', 'press-4', 'press-5'], CONNECTED_REGISTRY, 900);
    const first = await page();
    expect(first.tokens).toHaveLength(2);
    const second = await page({}, 100, first.next);
    expect(second.tokens.map(({ token }) => token)).toEqual(['press-3', 'press-4']);
  });

  test('on the lists of two connected registries are shown at both, and the filter ignores case', async () => {
    byHand(['press-1', 'press-2']);
    byHand(['press-1'], OTHER);
    const { tokens } = await page({ connectedRegistry: OTHER.toUpperCase() });
    expect(tokens).toMatchObject([{ token: 'press-1', connectedRegistry: OTHER, alsoBoundTo: [CONNECTED_REGISTRY] }]);
    expect(await namesOf()).toEqual(['press-1', 'press-2', 'press-1']);
    expect(await namesOf({ registry: REGISTRY.toUpperCase() })).toHaveLength(3);
  });

  test('of a registry that does not exist are none', async () => {
    byHand(['press-1']);
    world.controlPlane.registry = undefined;
    expect(await namesOf()).toEqual([]);
  });
});

describe('a token that a client has claimed', () => {
  const reference = referenceOf(0);
  const token = defaultTokenName(reference);

  test('is not listed if its secret is younger than the listing of the vault', async () => {
    await page();
    byHand([token]);
    // The listing of the vault that is in use for two seconds does not have the secret yet.
    await addFleet(world, 1);
    owners.set(token, reference);
    vi.advanceTimersByTime(1_000);
    world.controlPlane.change(CONNECTED_REGISTRY, { clientTokens: [token] });
    expect(await namesOf()).toEqual([]);
    expect(await world.vault.newest(mainSecretName(reference))).toBeDefined();
  });

  test('and of whom no secret is there, is listed with that client', async () => {
    byHand([token]);
    owners.set(token, reference);
    const { tokens } = await page();
    const { connectedRegistry, client } = reference;
    expect(tokens).toMatchObject([{ token, claimedBy: { connectedRegistry, client } }]);
  });

  test('and whose vault the settings do not list, stays listed as claimed', async () => {
    byHand([token]);
    owners.set(token, reference);
    records.set(clientKey(reference), { ...NOTHING_KNOWN, vault: 'elsewhere.vault.azure.net' });
    expect((await page()).tokens).toMatchObject([{ token, claimedBy: { client: reference.client } }]);
  });
});
