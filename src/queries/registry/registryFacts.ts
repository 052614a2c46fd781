import type { Problem } from '@connected-registry/protocol/answers/answers';
import { hasGatewayActions } from '@connected-registry/protocol/names/permissions';
import { refusing } from '@connected-registry/protocol/answers/problems';
import type { ConnectedRegistryFacts, RegistryControlPlane, RegistryFacts } from '../../ports/registryControlPlane.js';
import { createCache } from '../cache.js';

/** What changes rarely and is asked for with every onboarding, so that it may be up to a minute old. */
export interface SlowFacts {
  readonly registry: RegistryFacts | undefined;
  readonly connectedRegistries: readonly ConnectedRegistryFacts[];
}

/** How old cached facts may be, in milliseconds. */
const FRESH_FOR = 60_000;

/** What is asked for of a registry. */
export interface RegistryFactsQuery {
  /** The registry and all its connected registries, for tier, names and sync tokens. */
  slowFacts(registry: string): Promise<SlowFacts>;
  /**
   * Action strings of a connected registry's sync token: what it brings to the edge. Undefined: unknown, since the token
   * is not there to be read.
   */
  syncScope(registry: string, syncToken: string): Promise<readonly string[] | undefined>;
  /** The same, which knows whether what it has given was read before it was asked. */
  look(): Look;
}

/** One look at a registry, perhaps from memory. */
export interface Look extends Pick<RegistryFactsQuery, 'slowFacts' | 'syncScope'> {
  /** A look that gives nothing older than this one; undefined when this one has given nothing older itself. */
  again(): Look | undefined;
}

/** Rarely changing facts of registries and sync scopes, read once a minute at most. A failed read is not kept. */
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
    // A token whose scope map was deleted has no rights: that is an answer.
    return (map?.actions ?? []).filter((action) => !hasGatewayActions([action]));
  };

  /** @param after takes nothing from memory that was read before that many reads. */
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
 * Concludes something from a look, and before it is refused looks once more, past what is in memory: what somebody has
 * just mended must not seem broken for a minute.
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
 * What a connected registry syncs through, nearest first; none when that is the registry in the cloud, as for most. A parent
 * that the listing does not have, which may be older than it, is there with nothing known of it.
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
