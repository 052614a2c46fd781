import type { WorksFor } from '../operations/worksFor.js';

/** A run's claim that keeps a scope map from being deleted. It ends with the run, or at its deadline if the run is lost. */
export interface MapHold {
  readonly run: string;
  /** ISO 8601. */
  readonly deadline: string;
}

/** State of one scope map's holder. */
export interface MapHolderState {
  readonly holds: readonly MapHold[];
  /** Preflight time of the rolled-back run that created this map. No run has adopted the map since. */
  readonly orphanSince?: string;
}

export const NO_HOLDS: MapHolderState = { holds: [] };

/** Input of every holder operation. */
export interface MapHolderRequest extends WorksFor, MapHold {
  readonly registry: string;
  readonly scopeMap: string;
  /** The run's own token, whose deletion may have failed. */
  readonly token: string;
  /** Preflight time (ISO 8601), if preflight did not find the map: then the run created it. */
  readonly absentAt?: string;
}

/** `hold`: keep the map for a run; `complete`: the run succeeded; `release`: it rolled back; `drop`: delete the map if unused. */
export type MapHolderOperation = 'hold' | 'complete' | 'release' | 'drop';

/** Result of a drop. */
export interface Dropped {
  /** Whether the map existed and was deleted. */
  readonly removed: boolean;
  /** Why the map was kept; absent if it is gone. */
  readonly kept?: string;
}

/** The entity's key. Scope map names contain no dot, and ARM ignores their case. */
export function mapHolderKey(registry: string, scopeMap: string): string {
  return `${registry}.${scopeMap}`.toLowerCase();
}

/** Removes holds past their deadline. */
export function pruneHolds(state: MapHolderState, now: Date): MapHolderState {
  return { ...state, holds: state.holds.filter((hold) => new Date(hold.deadline) > now) };
}

/** Adds a run's hold, or extends its deadline. */
export function addHold(state: MapHolderState, { run, deadline }: MapHold): MapHolderState {
  return { ...state, holds: [...state.holds.filter((hold) => hold.run !== run), { run, deadline }] };
}

/** A run succeeds: its token uses the map from now on, so the map is no orphan. */
export function completeHold(state: MapHolderState, run: string): MapHolderState {
  return { holds: state.holds.filter((hold) => hold.run !== run) };
}

/** A run rolls back. If it created the map, the last holder that fails must delete it. */
export function releaseHold(state: MapHolderState, { run, absentAt }: MapHolderRequest): MapHolderState {
  const orphanSince = earlier(state.orphanSince, absentAt);
  return {
    holds: state.holds.filter((hold) => hold.run !== run),
    ...(orphanSince === undefined ? {} : { orphanSince }),
  };
}

/** Marks the map as used by its holders only: the last of them that fails deletes it. */
export function orphan(state: MapHolderState): MapHolderState {
  return { ...state, orphanSince: new Date(0).toISOString() };
}

function earlier(left: string | undefined, right: string | undefined): string | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left < right ? left : right;
}
