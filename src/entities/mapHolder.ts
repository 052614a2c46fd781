import { madeSince } from '../domain/tokens/madeSince.js';
import {
  addHold,
  orphan,
  pruneHolds,
  releaseHold,
  completeHold,
  type Dropped,
  type MapHolderOperation,
  type MapHolderRequest,
  type MapHolderState,
} from '../domain/scopeMaps/mapHolds.js';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { Undone } from '../domain/operations/undone.js';
import { outcomeOf } from '../serviceErrors/outcomeOf.js';
import type { RegistryControlPlane } from '../ports/registryControlPlane.js';

/** Lower case, as the binder's name. */
export const MAP_HOLDER = 'mapholder';

export interface MapHolderAnswer {
  readonly state: MapHolderState;
  readonly outcome: StepOutcome<Undone | Dropped>;
}

/**
 * Keeps a scope map that clients with equal rights share from being deleted by one run's undo while another run adopts
 * it. Its operations run one after another: a hold that comes during a deletion waits, and its run then makes the map
 * anew.
 */
export function createMapHolder(controlPlane: RegistryControlPlane) {
  return async (
    operation: MapHolderOperation,
    request: MapHolderRequest,
    remembered: MapHolderState,
    now: Date,
  ): Promise<MapHolderAnswer> => {
    const state = pruneHolds(remembered, now);
    switch (operation) {
      case 'hold':
        return { state: addHold(state, request), outcome: done({}) };
      case 'complete':
        return { state: completeHold(state, request.run), outcome: done({}) };
      case 'release':
        return release(releaseHold(state, request), request);
      case 'drop':
        return drop(state, request);
    }
  };

  async function drop(state: MapHolderState, request: MapHolderRequest): Promise<MapHolderAnswer> {
    const { registry, scopeMap } = request;
    const kept = (why: string) => done<Dropped>({ removed: false, kept: `scope map ${scopeMap}: ${why}` });
    if (state.holds.length > 0)
      return { state: orphan(state), outcome: kept(`${state.holds.length} run(s) in progress need it`) };
    const outcome = await outcomeOf<StepOutcome<Dropped>>(async () => {
      const found = await controlPlane.getScopeMap(registry, scopeMap);
      if (!found) return done({ removed: false });
      if (found.description !== SCOPE_MAP_MARK) return kept('it was not made by this app');
      const users = await controlPlane.listTokensOf(registry, scopeMap);
      if (users.length > 0) return kept(`${users.length} other token(s) use it`);
      await controlPlane.deleteScopeMap(registry, scopeMap);
      return done({ removed: true });
    });
    return { state, outcome };
  }

  async function release(state: MapHolderState, request: MapHolderRequest): Promise<MapHolderAnswer> {
    const { scopeMap } = request;
    const since = state.orphanSince;
    if (since === undefined) return { state, outcome: done({}) };
    if (state.holds.length > 0)
      return { state, outcome: done({ kept: `scope map ${scopeMap}: ${state.holds.length} other run(s) need it` }) };
    const outcome = await outcomeOf(() => removeUnused(request, since));
    // Until it is gone, or found to be somebody's, it stays an orphan.
    return outcome.kind === 'done' ? { state: { holds: [] }, outcome } : { state, outcome };
  }

  async function removeUnused({ registry, scopeMap, token }: MapHolderRequest, since: string) {
    const found = await controlPlane.getScopeMap(registry, scopeMap);
    if (!found) return done({});
    if (found.description !== SCOPE_MAP_MARK || !madeSince(found.createdAt, since))
      return done({ kept: `scope map ${scopeMap}: it was not made by this run` });
    const users = await controlPlane.listTokensOf(registry, scopeMap);
    const others = users.filter((user) => user.toLowerCase() !== token.toLowerCase());
    if (others.length > 0) return done({ kept: `scope map ${scopeMap}: ${others.length} other token(s) use it` });
    if (users.length > 0) return done({ residue: `scope map ${scopeMap}: token ${token} still uses it` });
    await controlPlane.deleteScopeMap(registry, scopeMap);
    return done({});
  }
}
