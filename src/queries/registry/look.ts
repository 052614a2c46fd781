import { hasGatewayActions } from '@connected-registry/protocol/names/permissions';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type {
  ConnectedRegistryFacts,
  RegistryControlPlane,
  RegistryFacts,
  ScopeMapFacts,
  TokenFacts,
} from '../../ports/registryControlPlane.js';
import { createCache, type Accepts, type Cache } from '../cache.js';
import { createDemand } from './demand.js';
import { createListings, orNone, type ByName } from './listings.js';

/**
 * Maximum age of facts for the plan of a new client, in milliseconds (docs/decisions/0042-how-old-a-fact-may-be.md).
 */
const RECENT = 5_000;

/** Milliseconds for each page of a registry's tokens that their listing shows which do not exist, if that is more. */
const EACH_PAGE = 2_000;

/** Facts that change rarely and are needed by every onboarding. They may be a minute old. */
export interface SlowFacts {
  readonly registry: RegistryFacts | undefined;
  readonly connectedRegistries: readonly ConnectedRegistryFacts[];
}

/** Reads facts of registries that change rarely. All methods throw ServiceError. */
export interface RarelyChangingFacts {
  /** Reads the registry and all its connected registries, for tier, names and sync tokens. */
  slowFacts(registry: string): Promise<SlowFacts>;
  /**
   * Reads the actions of a connected registry's sync token, which decide what it syncs to the edge. Undefined: unknown,
   * since the token does not exist.
   */
  syncScope(registry: string, syncToken: string): Promise<readonly string[] | undefined>;
}

/** What a look has found out about a token: `listed` means that the token exists and is still to be read. */
export type FoundToken = 'absent' | 'listed' | TokenFacts;

/** Reads facts of a registry for one decision; some may come from the cache. */
export interface Look extends RarelyChangingFacts {
  /**
   * Finds a token, by a listing that many clients share if that needs fewer reads. `absent` may be as old as
   * `EACH_PAGE` says.
   */
  findToken(registry: string, name: string): Promise<FoundToken>;
  /** Reads a connected registry, at most five seconds old. */
  recentConnectedRegistry(registry: string, name: string): Promise<ConnectedRegistryFacts | undefined>;
  /** Reads a scope map, at most five seconds old. */
  recentScopeMap(registry: string, name: string): Promise<ScopeMapFacts | undefined>;
  /** Creates a look that uses no facts older than this look; undefined if this one has used none. */
  again(): Look | undefined;
}

/** What all looks of one process share. */
interface SharedFacts {
  readonly controlPlane: RegistryControlPlane;
  /** Maximum age of facts that change rarely, in milliseconds. */
  readonly freshFor: number;
  readonly cache: Cache;
  readonly listings: ReturnType<typeof createListings>;
  readonly demand: ReturnType<typeof createDemand>;
}

/** Creates what looks share, with nothing read yet. */
export function createSharedFacts(controlPlane: RegistryControlPlane, freshFor: number): SharedFacts {
  return {
    controlPlane,
    freshFor,
    cache: createCache(freshFor),
    listings: createListings(),
    demand: createDemand(RECENT),
  };
}

/** How one item of a listing is found. */
interface ListedRead<Item, Single> {
  readonly list: () => Promise<Item[]>;
  /** What the listing says of the item. */
  readonly fromList: (found: ByName<Item>) => Single;
  /** Reads the item alone. */
  readonly single: () => Promise<Single>;
  /** Maximum age of the listing, in milliseconds. */
  readonly usedFor: number;
  /** Recent requests from which on the listing may be read. */
  readonly fewest: number;
}

/**
 * Creates a look.
 * @param after number of a read of the cache: facts of that read or an earlier one are not used
 */
export function createLook(shared: SharedFacts, after = 0): Look {
  const { controlPlane, freshFor, cache, listings, demand } = shared;
  const start = cache.reads;
  let hasGivenOlder = false;
  const recent: Accepts = { after, age: RECENT };

  const read = <T>(key: string, make: () => Promise<T>, accepts: Accepts = { after }): Promise<T> => {
    const { nth, value } = cache.read(key, make, accepts);
    hasGivenOlder ||= nth <= start;
    return value;
  };

  const slowFacts = (registry: string) =>
    read(slowKey(registry), async (): Promise<SlowFacts> => {
      const [found, connectedRegistries] = await Promise.all([
        controlPlane.getRegistry(registry),
        orNone(controlPlane.listConnectedRegistries(registry)),
      ]);
      return { registry: found, connectedRegistries };
    });

  /**
   * Finds one item by a listing that many clients share, if there is one already, or if it needs no more reads than the
   * single reads that were requested recently; otherwise the item is read alone.
   */
  async function viaListing<Item extends { readonly name: string }, Single>(
    listing: string,
    { list, fromList, single, usedFor, fewest }: ListedRead<Item, Single>,
  ): Promise<Single> {
    const asked = demand(listing);
    const isWorthwhile = asked >= fewest && (asked * usedFor) / RECENT >= listings.pages(listing);
    const accepts: Accepts = { after, age: usedFor };
    if (!isWorthwhile && !cache.has(listing, accepts)) return single();
    return fromList(await read(listing, () => listings.read(listing, list), accepts));
  }

  async function findToken(registry: string, name: string): Promise<FoundToken> {
    const listing = listingKey('tokens', registry);
    const { connectedRegistries } = await slowFacts(registry);
    const atLeast = connectedRegistries.reduce((sum, { clientTokens }) => sum + 1 + clientTokens.length, 0);
    listings.expect(listing, atLeast);
    return viaListing<{ readonly name: string }, FoundToken>(listing, {
      list: () => controlPlane.listTokens(registry),
      fromList: (found) => (found.has(name.toLowerCase()) ? 'listed' : 'absent'),
      single: async () => (await controlPlane.getToken(registry, name)) ?? 'absent',
      usedFor: Math.min(freshFor, Math.max(RECENT, listings.pages(listing) * EACH_PAGE)),
      fewest: 1,
    });
  }

  function recentScopeMap(registry: string, name: string): Promise<ScopeMapFacts | undefined> {
    const key = `scopeMap ${registry} ${name}`.toLowerCase();
    return viaListing<ScopeMapFacts, ScopeMapFacts | undefined>(listingKey('scopeMaps', registry), {
      list: () => controlPlane.listScopeMaps(registry),
      fromList: (found) => found.get(name.toLowerCase()),
      single: () => read(key, () => controlPlane.getScopeMap(registry, name), recent),
      usedFor: RECENT,
      fewest: 1,
    });
  }

  async function recentConnectedRegistry(registry: string, name: string): Promise<ConnectedRegistryFacts | undefined> {
    // A recent listing of all is as good. The first client of a process always has one.
    if (cache.has(slowKey(registry), recent)) {
      const { connectedRegistries } = await slowFacts(registry);
      return connectedRegistries.find((item) => sameName(item.name, name));
    }
    const key = `connectedRegistry ${registry} ${name}`.toLowerCase();
    const single = () => read(key, () => controlPlane.getConnectedRegistry(registry, name), recent);
    // The bodies are long: all are listed only for clients of several connected registries.
    if (cache.has(key, recent)) return single();
    return viaListing<ConnectedRegistryFacts, ConnectedRegistryFacts | undefined>(
      listingKey('connectedRegistries', registry),
      {
        list: () => controlPlane.listConnectedRegistries(registry),
        fromList: (found) => found.get(name.toLowerCase()),
        single,
        usedFor: RECENT,
        fewest: 2,
      },
    );
  }

  async function readSyncScope(registry: string, syncToken: string): Promise<readonly string[] | undefined> {
    const tokens = listingKey('tokens', registry);
    const listed = cache.has(tokens, recent)
      ? (await read(tokens, () => listings.read(tokens, () => controlPlane.listTokens(registry)), recent)).get(
          syncToken.toLowerCase(),
        )
      : undefined;
    const token = listed ?? (await controlPlane.getToken(registry, syncToken));
    if (!token) return undefined;
    const listedMap = cache.has(listingKey('scopeMaps', registry), recent)
      ? await recentScopeMap(registry, token.scopeMap)
      : undefined;
    const map = listedMap ?? (await controlPlane.getScopeMap(registry, token.scopeMap));
    // A token whose scope map was deleted has no rights: its scope is known to be empty.
    return (map?.actions ?? []).filter((action) => !hasGatewayActions([action]));
  }

  return {
    slowFacts,
    syncScope: (registry, syncToken) =>
      read(`scope ${registry} ${syncToken}`.toLowerCase(), () => readSyncScope(registry, syncToken)),
    findToken,
    recentConnectedRegistry,
    recentScopeMap,
    again: () => (hasGivenOlder ? createLook(shared, start) : undefined),
  };
}

function slowKey(registry: string): string {
  return `registry ${registry.toLowerCase()}`;
}

function listingKey(kind: 'tokens' | 'scopeMaps' | 'connectedRegistries', registry: string): string {
  return `${kind} ${registry.toLowerCase()}`;
}
