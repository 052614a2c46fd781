import type { Problem } from '@connected-registry/protocol/answers/answers';
import { hasGatewayActions } from '@connected-registry/protocol/names/permissions';
import { refusing } from '@connected-registry/protocol/answers/problems';
import type { ConnectedRegistryFacts, RegistryControlPlane, RegistryFacts } from '../../ports/registryControlPlane.js';
import { createCache } from '../cache.js';

/** Facts that change rarely and are needed by every onboarding. They may be a minute old. */
export interface SlowFacts {
  readonly registry: RegistryFacts | undefined;
  readonly connectedRegistries: readonly ConnectedRegistryFacts[];
}

/** Maximum age of cached facts, in milliseconds. */
const FRESH_FOR = 60_000;

/** Reads facts of registries. All methods throw ServiceError. */
export interface RegistryFactsQuery {
  /** Reads the registry and all its connected registries, for tier, names and sync tokens. */
  slowFacts(registry: string): Promise<SlowFacts>;
  /**
   * Reads the actions of a connected registry's sync token, which decide what it syncs to the edge. Undefined: unknown, since
   * the token does not exist.
   */
  syncScope(registry: string, syncToken: string): Promise<readonly string[] | undefined>;
  /** Starts a look, which knows whether it has returned cached facts. */
  look(): Look;
}

/** Reads facts of a registry, perhaps from the cache. */
export interface Look extends Pick<RegistryFactsQuery, 'slowFacts' | 'syncScope'> {
  /** Starts a look without facts older than this look; undefined when this one has returned none. */
  again(): Look | undefined;
}

/** Creates the reader of facts. Each fact is read at most once a minute; a failed read is not kept. */
export function createRegistryFacts(controlPlane: RegistryControlPlane): RegistryFactsQuery {
  const cache = createCache(FRESH_FOR);

  const readSlowFacts = async (registry: string): Promise<SlowFacts> => {
    const [found, connectedRegistries] = await Promise.all([
      controlPlane.getRegistry(registry),
      controlPlane.listConnectedRegistries(registry).catch((error: unknown) => {
        if (isNotFound(error)) return [];
        throw error;
      }),
    ]);
    return { registry: found, connectedRegistries };
  };

  const readSyncScope = async (registry: string, syncToken: string): Promise<readonly string[] | undefined> => {
    const token = await controlPlane.getToken(registry, syncToken);
    if (!token) return undefined;
    const map = await controlPlane.getScopeMap(registry, token.scopeMap);
    // A token whose scope map was deleted has no rights: its scope is known to be empty.
    return (map?.actions ?? []).filter((action) => !hasGatewayActions([action]));
  };

  /** @param after number of a read of the cache: facts of that read or an earlier one are not used. */
  function lookAfter(after: number): Look {
    const start = cache.reads;
    let hasGivenOlder = false;
    const read = <T>(key: string, make: () => Promise<T>): Promise<T> => {
      const { nth, value } = cache.read(key, make, after);
      hasGivenOlder ||= nth <= start;
      return value;
    };
    return {
      slowFacts: (registry) => read(`registry ${registry.toLowerCase()}`, () => readSlowFacts(registry)),
      syncScope: (registry, syncToken) =>
        read(`scope ${registry.toLowerCase()} ${syncToken.toLowerCase()}`, () => readSyncScope(registry, syncToken)),
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
  const parent = child?.parent?.toLowerCase();
  if (child?.parent === undefined || parent === undefined) return undefined;
  const unread = { name: child.parent, mode: '', isActive: undefined, schedule: '', clientTokens: [] };
  return slow.connectedRegistries.find((item) => item.name.toLowerCase() === parent) ?? unread;
}

function isNotFound(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'kind' in error && error.kind === 'notFound';
}
