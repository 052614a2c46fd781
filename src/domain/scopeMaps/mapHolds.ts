import { rightsHash } from '@connected-registry/protocol/names/permissions';
import type { WorksFor } from '../operations/worksFor.js';

/**
 * A run's claim that keeps a scope map from being deleted. It ends with the run, or at its deadline if the run is lost.
 */
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
  /** When the holder last saw the map, and with which rights (`rightsHash`). Time: ISO 8601. */
  readonly seen?: { readonly at: string; readonly rights: string };
  /** When the holder last deleted the map (ISO 8601). */
  readonly deletedAt?: string;
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
  /** The map that `ensureScopeMap` creates or adopts. */
  readonly wanted?: WantedMap;
}

/** A scope map as a run needs it. */
export interface WantedMap {
  readonly actions: readonly string[];
  /** Whether to overwrite the rights of this app's own map. */
  readonly restore?: boolean;
  /** Preflight time (ISO 8601), if preflight found the map with these rights. */
  readonly seenAt?: string;
}

/**
 * `ensureScopeMap`: create or adopt the map, and keep it for a run; `complete`: the run succeeded; `release`: it rolled
 * back; `drop`: delete the map if unused.
 */
export type MapHolderOperation = 'ensureScopeMap' | 'complete' | 'release' | 'drop';

/** Result of a drop. */
export interface Dropped {
  /** Whether the map existed and was deleted. */
  readonly removed: boolean;
  /** Why the map was kept; absent if it is gone. */
  readonly kept?: string;
}

/** Name of the entity, in lower case, as the binder's. */
export const MAP_HOLDER = 'mapholder';

/** The entity's key. Scope map names contain no dot, and ARM ignores their case. */
export function mapHolderKey(registry: string, scopeMap: string): string {
  return `${registry}.${scopeMap}`.toLowerCase();
}

/** Removes holds past their deadline. */
export function pruneHolds({ seen, deletedAt, ...state }: MapHolderState, now: Date): MapHolderState {
  return {
    ...state,
    holds: state.holds.filter((hold) => new Date(hold.deadline) > now),
    ...(seen && isWithin(seen.at, SEEN_MILLISECONDS, now) ? { seen } : {}),
    ...(deletedAt !== undefined && isWithin(deletedAt, DELETED_MILLISECONDS, now) ? { deletedAt } : {}),
  };
}

/** Milliseconds for which later runs may use a read of the map (docs/decisions/0042-how-old-a-fact-may-be.md). */
const SEEN_MILLISECONDS = 10_000;

/** How long after a deletion no preflight's look counts, in milliseconds: it may be older than the deletion. */
const DELETED_MILLISECONDS = 60_000;

function isWithin(at: string, milliseconds: number, now: Date): boolean {
  return Math.abs(now.getTime() - new Date(at).getTime()) <= milliseconds;
}

/** Whether the map was seen with the wanted rights a short while ago, by the holder or by the run's own preflight. */
export function isSeen(
  { seen, deletedAt }: MapHolderState,
  { actions, restore, seenAt }: WantedMap,
  now: Date,
): boolean {
  if (restore) return false;
  if (seen && seen.rights === rightsHash(actions)) return true;
  return seenAt !== undefined && deletedAt === undefined && !seen && isWithin(seenAt, SEEN_MILLISECONDS, now);
}

/** The holder has read or written the map. */
export function markSeen(state: MapHolderState, { actions }: WantedMap, now: Date): MapHolderState {
  return { ...state, seen: { at: now.toISOString(), rights: rightsHash(actions) } };
}

/** Makes the next run read the map again. */
export function forgetSeen({ seen: _, ...state }: MapHolderState): MapHolderState {
  return state;
}

/** The holder has deleted the map. */
export function markDeleted(now: Date): MapHolderState {
  return { holds: [], deletedAt: now.toISOString() };
}

/** Adds a run's hold, or extends its deadline. */
export function addHold(state: MapHolderState, { run, deadline }: MapHold): MapHolderState {
  return { ...state, holds: [...state.holds.filter((hold) => hold.run !== run), { run, deadline }] };
}

/** A run succeeds: its token uses the map from now on, so the map is no orphan. */
export function completeHold(state: MapHolderState, run: string): MapHolderState {
  const { orphanSince: _, ...rest } = state;
  return { ...rest, holds: state.holds.filter((hold) => hold.run !== run) };
}

/** A run rolls back. If it created the map, the last holder that fails must delete it. */
export function releaseHold(state: MapHolderState, { run, absentAt }: MapHolderRequest): MapHolderState {
  const orphanSince = earlier(state.orphanSince, absentAt);
  return {
    ...state,
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
