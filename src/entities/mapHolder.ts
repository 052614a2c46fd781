import { madeSince } from '../domain/tokens/madeSince.js';
import {
  addHold,
  forgetSeen,
  isSeen,
  markDeleted,
  markSeen,
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
import { sameName } from '@connected-registry/protocol/names/sameName';
import type { EntityCall } from '../domain/operations/entityCall.js';
import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { Undone } from '../domain/operations/stepOutcome.js';
import { ensureScopeMap } from './ensureScopeMap.js';
import { outcomeOf } from '../serviceErrors/outcomeOf.js';
import type { RegistryControlPlane } from '../ports/registryControlPlane.js';

/** The new state and the outcome of an operation. */
interface MapHolderAnswer {
  readonly state: MapHolderState;
  readonly outcome: StepOutcome<Undone | Dropped>;
}

/**
 * Prevents that one run's rollback deletes a scope map, shared by clients with equal rights, while another run adopts
 * it. Operations run one after another: an `ensureScopeMap` that arrives during a deletion waits, and then creates the
 * map again. Runs that ask at the same time share one read of the map, and one of them creates it.
 */
export function createMapHolder(controlPlane: RegistryControlPlane) {
  return async (
    { operation, request }: EntityCall<Record<MapHolderOperation, MapHolderRequest>>,
    stored: MapHolderState,
    now: Date,
  ): Promise<MapHolderAnswer> => {
    const state = pruneHolds(stored, now);
    switch (operation) {
      case 'ensureScopeMap':
        return ensure(addHold(state, request), request, now);
      case 'complete':
        return { state: completeHold(state, request.run), outcome: done({}) };
      case 'release':
        return release(releaseHold(state, request), request, now);
      case 'drop':
        return drop(state, request, now);
    }
  };

  /** Creates or adopts the map once for all runs that ask within a short time. The hold stands even if that fails. */
  async function ensure(state: MapHolderState, request: MapHolderRequest, now: Date): Promise<MapHolderAnswer> {
    const { wanted } = request;
    if (!wanted || isSeen(state, wanted, now)) return { state, outcome: done({}) };
    const outcome = await ensureScopeMap(controlPlane, request, wanted);
    return { state: outcome.kind === 'done' ? markSeen(state, wanted, now) : forgetSeen(state), outcome };
  }

  async function drop(state: MapHolderState, request: MapHolderRequest, now: Date): Promise<MapHolderAnswer> {
    const { registry, scopeMap } = request;
    const kept = (why: string) => done<Dropped>({ removed: false, kept: `scope map ${scopeMap}: ${why}` });
    if (state.holds.length > 0)
      return {
        state: orphan(state),
        outcome: kept(`kept, because ${state.holds.length} running operation(s) need it`),
      };
    const outcome = await outcomeOf<StepOutcome<Dropped>>(async () => {
      const found = await controlPlane.getScopeMap(registry, scopeMap);
      if (!found) return done({ removed: false });
      if (found.description !== SCOPE_MAP_MARK) return kept('kept, because this app did not create it');
      const users = await controlPlane.listTokensOf(registry, scopeMap);
      if (users.length > 0) return kept(`kept, because ${users.length} other token(s) use it`);
      await controlPlane.deleteScopeMap(registry, scopeMap);
      return done({ removed: true });
    });
    const isDeleted = outcome.kind === 'done' && outcome.value.removed;
    return { state: isDeleted ? markDeleted(now) : state, outcome };
  }

  async function release(state: MapHolderState, request: MapHolderRequest, now: Date): Promise<MapHolderAnswer> {
    const { scopeMap } = request;
    const since = state.orphanSince;
    if (since === undefined) return { state, outcome: done({}) };
    if (state.holds.length > 0)
      return {
        state,
        outcome: done({
          kept: `scope map ${scopeMap}: kept, because ${state.holds.length} other running operation(s) need it`,
        }),
      };
    const outcome = await outcomeOf(() => removeUnused(request, since));
    // The map stays an orphan until it is deleted or found to be in use.
    return outcome.kind === 'done' ? { state: markDeleted(now), outcome } : { state, outcome };
  }

  async function removeUnused({ registry, scopeMap, token }: MapHolderRequest, since: string) {
    const found = await controlPlane.getScopeMap(registry, scopeMap);
    if (!found) return done({});
    if (found.description !== SCOPE_MAP_MARK || !madeSince(found.createdAt, since))
      return done({ kept: `scope map ${scopeMap}: kept, because this run did not create it` });
    const users = await controlPlane.listTokensOf(registry, scopeMap);
    const others = users.filter((user) => !sameName(user, token));
    if (others.length > 0)
      return done({ kept: `scope map ${scopeMap}: kept, because ${others.length} other token(s) use it` });
    if (users.length > 0) return done({ residue: `scope map ${scopeMap}: token ${token} still uses it` });
    await controlPlane.deleteScopeMap(registry, scopeMap);
    return done({});
  }
}
