import type { Problem } from '@connected-registry/protocol/answers/answers';
import { refusing } from '@connected-registry/protocol/answers/problems';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { ConnectedRegistryFacts, RegistryControlPlane } from '../../ports/registryControlPlane.js';
import { createLook, createSharedFacts, type Look, type RarelyChangingFacts, type SlowFacts } from './look.js';

/** Maximum age of facts that change rarely, in milliseconds. */
const FRESH_FOR = 60_000;

/** Reads facts of registries. All methods throw ServiceError. */
export interface RegistryFactsQuery extends RarelyChangingFacts {
  /** Creates a look, which records whether it has returned cached facts. */
  look(): Look;
}

/** Creates the reader of facts. Each fact is read at most once a minute; a failed read is not kept. */
export function createRegistryFacts(controlPlane: RegistryControlPlane): RegistryFactsQuery {
  const shared = createSharedFacts(controlPlane, FRESH_FOR);
  const first = createLook(shared);
  return {
    slowFacts: (registry) => first.slowFacts(registry),
    syncScope: (registry, syncToken) => first.syncScope(registry, syncToken),
    look: () => createLook(shared),
  };
}

/**
 * Draws conclusions from a look. Before they refuse a request, the facts are read again without the cache: a problem
 * that somebody has just solved must not be reported for another minute.
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
 * Lists the ancestors through which a connected registry syncs, nearest first; empty when it syncs from the registry in
 * the cloud, as most do. A parent that is missing in the listing, which may be older than the parent, is included with
 * unknown facts.
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
