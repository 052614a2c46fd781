import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { sameActions, toActions, type Permissions } from '@connected-registry/protocol/names/permissions';
import { done, failed, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

export interface EnsureScopeMapInput {
  readonly registry: string;
  readonly scopeMap: string;
  readonly permissions: Permissions;
  /** The map is ours, and is to have these rights again. */
  readonly restore?: boolean;
}

/**
 * Adopts an equal scope map, and makes a missing one. A different one is overwritten only where it is ours and the request
 * says so: others may use it.
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
      return failed('scope-map-different', `scope map ${input.scopeMap} was changed since it was looked at first`);
    });
}
