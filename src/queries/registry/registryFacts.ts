import type { Problem } from '@connected-registry/protocol/answers/answers';
import { hasGatewayActions } from '@connected-registry/protocol/names/permissions';
import { refusing } from '@connected-registry/protocol/answers/problems';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type {
  ConnectedRegistryFacts,
  RegistryControlPlane,
  RegistryFacts,
  ScopeMapFacts,
  TokenFacts,
} from '../../ports/registryControlPlane.js';
import { createCache, type Accepts } from '../cache.js';
import { createDemand } from './demand.js';
import { createListings, orNone } from './listings.js';

/** Facts that change rarely and are needed by every onboarding. They may be a minute old. */
export interface SlowFacts {
  readonly registry: RegistryFacts | undefined;
  readonly connectedRegistries: readonly ConnectedRegistryFacts[];
}

/** Maximum age of facts that change rarely, in milliseconds. */
const FRESH_FOR = 60_000;

/** Maximum age of facts for the plan of a new client, in milliseconds (docs/decisions/0042-how-old-a-fact-may-be.md). */
const RECENT = 5_000;

/** Milliseconds for each page of a registry's tokens that their listing shows which do not exist, if that is more. At most a minute. */
const EACH_PAGE = 2_000;

/** Reads facts of registries. All methods throw ServiceError. */
export interface RegistryFactsQuery {
  /** Reads the registry and all its connected registries, for tier, names and sync tokens. */
  slowFacts(registry: string): Promise<SlowFacts>;
  /**
   * Reads the actions of a connected registry's sync token, which decide what it syncs to the edge. Undefined: unknown, since
   * the token does not exist.
   */
  syncScope(registry: string, syncToken: string): Promise<readonly string[] | undefined>;
  /** Creates a look, which records whether it has returned cached facts. */
  look(): Look;
}

/** What a look has found out about a token: `listed` means that the token exists and is still to be read. */
export type FoundToken = 'absent' | 'listed' | TokenFacts;

/** Reads facts of a registry for one decision; some may come from the cache. */
export interface Look extends Pick<RegistryFactsQuery, 'slowFacts' | 'syncScope'> {
  /** Finds a token, by a listing that many clients share if that needs fewer reads. `absent` may be as old as `EACH_PAGE` says. */
  findToken(registry: string, name: string): Promise<FoundToken>;
  /** Reads a connected registry, at most five seconds old. */
  recentConnectedRegistry(registry: string, name: string): Promise<ConnectedRegistryFacts | undefined>;
  /** Reads a scope map, at most five seconds old. */
  recentScopeMap(registry: string, name: string): Promise<ScopeMapFacts | undefined>;
  /** Creates a look that uses no facts older than this look; undefined if this one has used none. */
  again(): Look | undefined;
}

/** Creates the reader of facts. Each fact is read at most once a minute; a failed read is not kept. */
export function createRegistryFacts(controlPlane: RegistryControlPlane): RegistryFactsQuery {
  const cache = createCache(FRESH_FOR);

  const readSlowFacts = async (registry: string): Promise<SlowFacts> => {
    const [found, connectedRegistries] = await Promise.all([
      controlPlane.getRegistry(registry),
      orNone(controlPlane.listConnectedRegistries(registry)),
    ]);
    return { registry: found, connectedRegistries };
  };

  const listings = createListings();
  const demand = createDemand(RECENT);
  /** Whether a listing needs no more reads than the single reads that were requested recently. */
  const isListWorthwhile = (listing: string, usedFor: number) =>
    (demand(listing) * usedFor) / RECENT >= listings.pages(listing);

  /** @param after number of a read of the cache: facts of that read or an earlier one are not used. */
  function lookAfter(after: number): Look {
    const start = cache.reads;
    let hasGivenOlder = false;
    const recent: Accepts = { after, age: RECENT };
    const read = <T>(key: string, make: () => Promise<T>, accepts: Accepts = { after }): Promise<T> => {
      const { nth, value } = cache.read(key, make, accepts);
      hasGivenOlder ||= nth <= start;
      return value;
    };

    const slowFacts = (registry: string) => read(slowKey(registry), () => readSlowFacts(registry));
    const tokens = (registry: string, age: number) => {
      const listing = listingKey('tokens', registry);
      return read(listing, () => listings.read(listing, () => controlPlane.listTokens(registry)), { after, age });
    };

    async function findToken(registry: string, name: string): Promise<FoundToken> {
      const listing = listingKey('tokens', registry);
      const { connectedRegistries } = await slowFacts(registry);
      const atLeast = connectedRegistries.reduce((sum, { clientTokens }) => sum + 1 + clientTokens.length, 0);
      listings.expect(listing, atLeast);
      const age = Math.min(FRESH_FOR, Math.max(RECENT, listings.pages(listing) * EACH_PAGE));
      const isWorthwhile = isListWorthwhile(listing, age);
      if (isWorthwhile || cache.has(listing, { after, age }))
        return (await tokens(registry, age)).has(name.toLowerCase()) ? 'listed' : 'absent';
      return (await controlPlane.getToken(registry, name)) ?? 'absent';
    }

    async function recentScopeMap(registry: string, name: string): Promise<ScopeMapFacts | undefined> {
      const listing = listingKey('scopeMaps', registry);
      const isWorthwhile = isListWorthwhile(listing, RECENT);
      if (isWorthwhile || cache.has(listing, recent)) {
        const found = await read(
          listing,
          () => listings.read(listing, () => controlPlane.listScopeMaps(registry)),
          recent,
        );
        return found.get(name.toLowerCase());
      }
      const key = `scopeMap ${registry} ${name}`.toLowerCase();
      return read(key, () => controlPlane.getScopeMap(registry, name), recent);
    }

    async function recentConnectedRegistry(registry: string, name: string) {
      // A recent listing of all is as good. The first client of a process always has one.
      if (cache.has(slowKey(registry), recent)) {
        const { connectedRegistries } = await slowFacts(registry);
        return connectedRegistries.find((item) => sameName(item.name, name));
      }
      const key = `connectedRegistry ${registry} ${name}`.toLowerCase();
      const listing = listingKey('connectedRegistries', registry);
      // The bodies are long: all are listed only for clients of several connected registries.
      const asked = cache.has(key, recent) ? 0 : demand(listing);
      if (asked < 2 || asked < listings.pages(listing))
        return read(key, () => controlPlane.getConnectedRegistry(registry, name), recent);
      const list = () => listings.read(listing, () => controlPlane.listConnectedRegistries(registry));
      return (await read(listing, list, recent)).get(name.toLowerCase());
    }

    async function readSyncScope(registry: string, syncToken: string): Promise<readonly string[] | undefined> {
      const listed = cache.has(listingKey('tokens', registry), recent)
        ? (await tokens(registry, RECENT)).get(syncToken.toLowerCase())
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
      again: () => (hasGivenOlder ? lookAfter(start) : undefined),
    };
  }

  const { slowFacts, syncScope } = lookAfter(0);
  return { slowFacts, syncScope, look: () => lookAfter(0) };
}

/**
 * Draws conclusions from a look. Before they refuse a request, the facts are read again without the cache: a problem that
 * somebody has just solved must not be reported for another minute.
 */
export async function unlessMended<T extends { readonly problems: readonly Problem[] }>(
  facts: Pick<RegistryFactsQuery, 'look'>,
  conclude: (look: Look) => Promise<T>,
): Promise<T> {
  const look = facts.look();
  const first = await conclude(look);
  const again = refusing(first.problems).length > 0 ? look.again() : undefined;
  return again ? conclude(again) : first;
}

/**
 * Lists the ancestors through which a connected registry syncs, nearest first; empty when it syncs from the registry in the
 * cloud, as most do. A parent that is missing in the listing, which may be older than the parent, is included with unknown facts.
 */
export function ancestorsOf(slow: SlowFacts, child: ConnectedRegistryFacts | undefined): ConnectedRegistryFacts[] {
  const chain: ConnectedRegistryFacts[] = [];
  for (let next = parentOf(slow, child); next && !chain.includes(next); next = parentOf(slow, next)) chain.push(next);
  return chain;
}

function parentOf(slow: SlowFacts, child: ConnectedRegistryFacts | undefined): ConnectedRegistryFacts | undefined {
  const parent = child?.parent;
  if (parent === undefined) return undefined;
  const unread = { name: parent, mode: '', isActive: undefined, schedule: '', clientTokens: [] };
  return slow.connectedRegistries.find((item) => sameName(item.name, parent)) ?? unread;
}

function slowKey(registry: string): string {
  return `registry ${registry.toLowerCase()}`;
}

function listingKey(kind: 'tokens' | 'scopeMaps' | 'connectedRegistries', registry: string): string {
  return `${kind} ${registry.toLowerCase()}`;
}
