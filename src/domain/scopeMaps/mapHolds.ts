import type { WorksFor } from '../operations/worksFor.js';

/** A run that needs a scope map to stay; it ends with the run, or at its deadline if the run is lost. */
export interface MapHold {
  readonly run: string;
  /** ISO 8601. */
  readonly deadline: string;
}

/** All that the holder of one scope map remembers. */
export interface MapHolderState {
  readonly holds: readonly MapHold[];
  /** When preflight of an undone run, which made the map, had not seen it yet: nobody has come to use the map since. */
  readonly orphanSince?: string;
}

export const NO_HOLDS: MapHolderState = { holds: [] };

/** Input of every operation of the holder. */
export interface MapHolderRequest extends WorksFor, MapHold {
  readonly registry: string;
  readonly scopeMap: string;
  /** The run's own token, which may have been beyond deletion. */
  readonly token: string;
  /** When this run's preflight did not find the map (ISO 8601): then the run has made it. */
  readonly absentAt?: string;
}

export type MapHolderOperation = 'hold' | 'complete' | 'release' | 'drop';

/** How a drop ended. */
export interface Dropped {
  /** The map was there, and was deleted. */
  readonly removed: boolean;
  /** Why it was left alone; absent when it is gone. */
  readonly kept?: string;
}

/** The entity's key: scope map names hold no dot, and ignore case in ARM. */
export function mapHolderKey(registry: string, scopeMap: string): string {
  return `${registry}.${scopeMap}`.toLowerCase();
}

export function pruneHolds(state: MapHolderState, now: Date): MapHolderState {
  return { ...state, holds: state.holds.filter((hold) => new Date(hold.deadline) > now) };
}

export function addHold(state: MapHolderState, { run, deadline }: MapHold): MapHolderState {
  return { ...state, holds: [...state.holds.filter((hold) => hold.run !== run), { run, deadline }] };
}

/** A run ends well: from now on its token uses the map, so it is nobody's leftover. */
export function completeHold(state: MapHolderState, run: string): MapHolderState {
  return { holds: state.holds.filter((hold) => hold.run !== run) };
}

/** A run is undone. If it made the map, whoever holds it last without success has to take it away. */
export function releaseHold(state: MapHolderState, { run, absentAt }: MapHolderRequest): MapHolderState {
  const orphanSince = earlier(state.orphanSince, absentAt);
  return {
    holds: state.holds.filter((hold) => hold.run !== run),
    ...(orphanSince === undefined ? {} : { orphanSince }),
  };
}

/** Nobody's use of the map is known but that of the runs that hold it: the last of them to fail takes it away. */
export function orphan(state: MapHolderState): MapHolderState {
  return { ...state, orphanSince: new Date(0).toISOString() };
}

function earlier(left: string | undefined, right: string | undefined): string | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left < right ? left : right;
}
