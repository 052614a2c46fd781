import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { sameActions, toActions, type Permissions } from '@connected-registry/protocol/names/permissions';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

interface EnsureScopeMapInput {
  readonly registry: string;
  readonly scopeMap: string;
  readonly permissions: Permissions;
  /** Whether to overwrite the rights of this app's own map. */
  readonly restore?: boolean;
}

/**
 * Creates a missing scope map, or adopts one with equal rights. A map with other rights is overwritten only with `restore`,
 * since others may use it.
 */
export function ensureScopeMap({ controlPlane }: Ports) {
  return (input: EnsureScopeMapInput): Promise<StepOutcome<{ readonly created: boolean }>> =>
    outcomeOf(async () => {
      const actions = toActions(input.permissions);
      const found = await controlPlane.getScopeMap(input.registry, input.scopeMap);
      if (!found) {
        await controlPlane.createScopeMap(input.registry, input.scopeMap, { actions, description: SCOPE_MAP_MARK });
        return done({ created: true });
      }
      if (sameActions(found.actions, actions)) return done({ created: false });
      if (input.restore) {
        await controlPlane.setScopeMapActions(input.registry, input.scopeMap, actions);
        return done({ created: false });
      }
      return failed('scope-map-different', `scope map ${input.scopeMap} was changed since this run's preflight`);
    });
}
