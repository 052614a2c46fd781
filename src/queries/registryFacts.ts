import { hasGatewayActions } from '../domain/permissions.js';
import type { ConnectedRegistryFacts, RegistryControlPlane, RegistryFacts } from '../ports/registryControlPlane.js';

/** What changes rarely and is asked for with every onboarding, so that it may be up to a minute old. */
export interface SlowFacts {
  readonly registry: RegistryFacts | undefined;
  readonly connectedRegistries: readonly ConnectedRegistryFacts[];
}

/** How old cached facts may be, in milliseconds. */
const FRESH_FOR = 60_000;

/** Rarely changing facts of registries and sync scopes, read once a minute at most. A failed read is not kept. */
export function createRegistryFacts(controlPlane: RegistryControlPlane) {
  const cached = createCache();

  /** The registry and all its connected registries, for tier, names and sync tokens. */
  const slowFacts = (registry: string): Promise<SlowFacts> =>
    cached(`registry ${registry.toLowerCase()}`, async () => {
      const [found, connectedRegistries] = await Promise.all([
        controlPlane.getRegistry(registry),
        controlPlane.listConnectedRegistries(registry).catch((error: unknown) => {
          if (isNotFound(error)) return [];
          throw error;
        }),
      ]);
      return { registry: found, connectedRegistries };
    });

  /**
   * Action strings of a connected registry's sync token: what it brings to the edge. Undefined: unknown, since the token
   * is not there to be read.
   */
  const syncScope = (registry: string, syncToken: string): Promise<readonly string[] | undefined> =>
    cached(`scope ${registry.toLowerCase()} ${syncToken.toLowerCase()}`, async () => {
      const token = await controlPlane.getToken(registry, syncToken);
      if (!token) return undefined;
      const map = await controlPlane.getScopeMap(registry, token.scopeMap);
      // A token whose scope map was deleted has no rights: that is an answer.
      return (map?.actions ?? []).filter((action) => !hasGatewayActions([action]));
    });

  return { slowFacts, syncScope };
}
export type RegistryFactsQuery = ReturnType<typeof createRegistryFacts>;

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

function createCache() {
  const entries = new Map<string, { readonly until: number; readonly value: Promise<unknown> }>();
  return <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const known = entries.get(key);
    // Each key is used with one type only, by the two functions above.
    if (known && known.until > Date.now()) return known.value as Promise<T>;
    const value = read();
    entries.set(key, { until: Date.now() + FRESH_FOR, value });
    value.catch(() => entries.delete(key));
    return value;
  };
}

function isNotFound(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'kind' in error && error.kind === 'notFound';
}
