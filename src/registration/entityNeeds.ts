import {
  findRequest,
  hasUnbinding,
  type BinderOperation,
  type BinderRequest,
  type BinderState,
} from '../domain/binding/bindingRequests.js';
import {
  isSeen,
  type MapHolderOperation,
  type MapHolderRequest,
  type MapHolderState,
} from '../domain/scopeMaps/mapHolds.js';
import type { ArmNeeds } from './activityNeeds.js';

const NONE: ArmNeeds = {};

/**
 * What a binder's operation needs: nothing while it only records, or finds that a write for others has fulfilled it.
 */
export function binderNeeds(operation: BinderOperation, request: BinderRequest, state: BinderState): ArmNeeds {
  switch (operation) {
    case 'announce':
    case 'request':
    case 'complete':
    case 'unbind':
    case 'forceUnbind':
      return NONE;
    case 'ensure':
      if (findRequest(state, request)?.state === 'bound') return NONE;
      return isAwaitedByMany(state) ? { ...RECONCILE, servesMany: true } : RECONCILE;
    case 'ensureAgain':
      return RECONCILE;
    case 'ensureUnbound':
      return hasUnbinding(state, request) ? RECONCILE : NONE;
  }
}

/** Open requests from which on a write of the client list goes before the other work of runs. */
const MANY = 5;

/**
 * Whether many runs wait for the write, and no more are about to. Behind the requests of all other runs it would come
 * last, and all that it binds would pull, report and be promoted at the very end. With fewer it keeps its place: while
 * it waits, more requests come, and one write serves them all.
 */
function isAwaitedByMany({ announced, bindingRequests }: BinderState): boolean {
  return announced === undefined && bindingRequests.filter(({ state }) => state === 'open').length >= MANY;
}

/** Reads the client list, writes it and reads it back. */
const RECONCILE: ArmNeeds = { reads: 2, writes: 1 };

/**
 * Requests of an operation of a scope map's holder: a read of a map that was not read recently, or the deletion of an
 * unused map.
 */
export function mapHolderNeeds(
  operation: MapHolderOperation,
  { wanted }: MapHolderRequest,
  state: MapHolderState,
  now = new Date(),
): ArmNeeds {
  const { holds, orphanSince } = state;
  switch (operation) {
    case 'ensureScopeMap':
      return !wanted || isSeen(state, wanted, now) ? NONE : LOOK;
    case 'complete':
      return NONE;
    case 'release':
      return orphanSince === undefined || holds.length > 1 ? NONE : REMOVE;
    case 'drop':
      return holds.length > 0 ? NONE : REMOVE;
  }
}

/** Clients with equal rights share a map, so that hardly any run creates one. */
const LOOK: ArmNeeds = { reads: 1 };

const REMOVE: ArmNeeds = { reads: 2, deletes: 1 };
