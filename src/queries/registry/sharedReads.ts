import type {
  ConnectedRegistryFacts,
  RegistryControlPlane,
  ScopeMapFacts,
  TokenFacts,
} from '../../ports/registryControlPlane.js';
import { createSharedRead, type Serves } from '../sharedRead.js';

/**
 * Reads single resources of registries. Requests that wait for the same resource share one read, and the answer is as
 * new as that of a separate read (docs/decisions/0042-how-old-a-fact-may-be.md). All methods throw ServiceError.
 */
export interface SharedReads {
  /** @param serves which earlier read serves as well; by default none. */
  connectedRegistry(registry: string, name: string, serves?: Serves): Promise<ConnectedRegistryFacts | undefined>;
  token(registry: string, name: string): Promise<TokenFacts | undefined>;
  scopeMap(registry: string, name: string): Promise<ScopeMapFacts | undefined>;
}

/** Creates the reads. The whole process must use one object; otherwise nothing is shared. */
export function createSharedReads(
  controlPlane: Pick<RegistryControlPlane, 'getConnectedRegistry' | 'getToken' | 'getScopeMap'>,
): SharedReads {
  const shared = createSharedRead();
  const keyOf = (kind: string, registry: string, name: string) => `${kind} ${registry} ${name}`.toLowerCase();
  return {
    connectedRegistry: (registry, name, serves) =>
      shared(
        keyOf('connectedRegistry', registry, name),
        () => controlPlane.getConnectedRegistry(registry, name),
        serves,
      ),
    token: (registry, name) => shared(keyOf('token', registry, name), () => controlPlane.getToken(registry, name)),
    scopeMap: (registry, name) =>
      shared(keyOf('scopeMap', registry, name), () => controlPlane.getScopeMap(registry, name)),
  };
}
