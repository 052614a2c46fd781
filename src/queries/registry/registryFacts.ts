import type { Problem } from '@connected-registry/protocol/answers/answers';
import { refusing } from '@connected-registry/protocol/answers/problems';
import { sameName } from '@connected-registry/protocol/names/sameName';
import type {
  ConnectedRegistryFacts,
  RegistryControlPlane,
  RegistryFacts,
  ScopeMapFacts,
  TokenFacts,
} from '../../ports/registryControlPlane.js';
import { createLook, createSharedFacts } from './look.js';

/** Facts that change rarely and are needed by every onboarding. They may be a minute old. */
export interface SlowFacts {
  readonly registry: RegistryFacts | undefined;
  readonly connectedRegistries: readonly ConnectedRegistryFacts[];
}

/** Maximum age of facts that change rarely, in milliseconds. */
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
  const shared = createSharedFacts(controlPlane, FRESH_FOR);
  const { slowFacts, syncScope } = createLook(shared);
  return { slowFacts, syncScope, look: () => createLook(shared) };
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
