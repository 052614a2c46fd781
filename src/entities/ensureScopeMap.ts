import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { sameActions } from '@connected-registry/protocol/names/permissions';
import type { WantedMap } from '../domain/scopeMaps/mapHolds.js';
import { done, failed, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { RegistryControlPlane } from '../ports/registryControlPlane.js';
import { outcomeOf } from '../serviceErrors/outcomeOf.js';

/**
 * Creates a missing scope map, or adopts one with equal rights. A map with other rights is overwritten only with
 * `restore`, since others may use it.
 */
export function ensureScopeMap(
  controlPlane: Pick<RegistryControlPlane, 'getScopeMap' | 'createScopeMap' | 'setScopeMapActions'>,
  { registry, scopeMap }: { readonly registry: string; readonly scopeMap: string },
  { actions, restore = false }: WantedMap,
): Promise<StepOutcome<object>> {
  return outcomeOf(async () => {
    const found = await controlPlane.getScopeMap(registry, scopeMap);
    if (!found) {
      await controlPlane.createScopeMap(registry, scopeMap, { actions, description: SCOPE_MAP_MARK });
      return done({});
    }
    if (sameActions(found.actions, actions)) return done({});
    if (!restore) return failed('scope-map-different', `scope map ${scopeMap} was changed since this run's preflight`);
    await controlPlane.setScopeMapActions(registry, scopeMap, actions);
    return done({});
  });
}
