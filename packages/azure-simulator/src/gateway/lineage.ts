import { sameName } from '@connected-registry/protocol/names/sameName';
import { childId, childNameOf } from '../arm/ids.js';
import { gatewayActions, grants } from '../arm/tokens/scopeMapActions.js';
import type { Plane } from '../plane.js';
import type { ConnectedRegistry, Registry, ScopeMap, Token } from '../state/registryState.js';

/** The connected registries between this one and the cloud, the parent first. */
export function ancestorsOf(plane: Plane, registry: Registry, connected: ConnectedRegistry): ConnectedRegistry[] {
  const above: ConnectedRegistry[] = [];
  let id = connected.parentId;
  while (id !== undefined) {
    const name = childNameOf(plane.arm, registry, 'connectedRegistries', id);
    const parent = name === undefined ? undefined : registry.connectedRegistries.get(name);
    if (!parent || above.includes(parent)) break;
    above.push(parent);
    id = parent.parentId;
  }
  return above;
}

/**
 * Connected registries that are allowed to sync through this one: its sync scope map has the four gateway rights on
 * each of them.
 */
export function childrenOf(plane: Plane, registry: Registry, parent: ConnectedRegistry): ConnectedRegistry[] {
  const id = childId(plane.arm, registry, 'connectedRegistries', parent.name);
  const chain = [parent, ...ancestorsOf(plane, registry, parent)].map((one) => syncScope(plane, registry, one));
  return [...registry.connectedRegistries.values()].filter(({ name, parentId }) => {
    if (parentId === undefined || !sameName(parentId, id)) return false;
    return chain.every((actions) => hasGatewayRights(actions, name));
  });
}

/**
 * Whether `actions` contain the rights for syncing the connected registry `name` (azure-cli:
 * acr/connected_registry.py).
 */
function hasGatewayRights(actions: readonly string[], name: string): boolean {
  return gatewayActions(name).every((action) => actions.includes(action));
}

export function syncTokenOf(plane: Plane, registry: Registry, connected: ConnectedRegistry): Token | undefined {
  const name = connected.syncTokenId && childNameOf(plane.arm, registry, 'tokens', connected.syncTokenId);
  return name === undefined ? undefined : registry.tokens.get(name);
}

/** Actions of the sync token's scope map; none if the token no longer exists. */
export function syncScope(plane: Plane, registry: Registry, connected: ConnectedRegistry): string[] {
  const token = syncTokenOf(plane, registry, connected);
  return token ? scopeMapActions(plane, registry, token) : [];
}

/** The sync scope of a connected registry and of every ancestor. */
export function syncScopes(plane: Plane, registry: Registry, connected: ConnectedRegistry): string[][] {
  const chain = [connected, ...ancestorsOf(plane, registry, connected)];
  return chain.map((one) => syncScope(plane, registry, one));
}

/** A repository reaches a connected registry only if every sync scope on the sync path contains it. */
export function grantedByAll(scopes: readonly string[][], repository: string, action: string): boolean {
  return scopes.length > 0 && scopes.every((actions) => grants(actions, repository, action));
}

export function scopeMapOf(plane: Plane, registry: Registry, token: Token): ScopeMap | undefined {
  const name = childNameOf(plane.arm, registry, 'scopeMaps', token.scopeMapId);
  return name === undefined ? undefined : registry.scopeMaps.get(name);
}

export function scopeMapActions(plane: Plane, registry: Registry, token: Token): string[] {
  return scopeMapOf(plane, registry, token)?.actions ?? [];
}
