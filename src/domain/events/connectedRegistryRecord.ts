import type { WorksFor } from '../operations/worksFor.js';

/**
 * Whether the app has responded to a connected registry's creation. Its age cannot show that: every PATCH, also the
 * app's own bindings, resets `systemData.createdAt` (docs/simulator.md, "Times"). Times are ISO 8601.
 */
export interface ConnectedRegistryRecord {
  /** Time of its creation event. Deliveries of that event, and of older ones, are about the same connected registry. */
  readonly newAt?: string;
  /** True if it existed and was in use before the app's first event about it. */
  readonly isOld?: boolean;
  /** Time of the last deletion event. Facts older than that are about the deleted connected registry. */
  readonly deletedAt?: string;
}

export const NEVER_SEEN: ConnectedRegistryRecord = {};

/** Name of the entity, in lower case, as the binder's. */
export const CONNECTED_REGISTRY_RECORD = 'connectedregistry';

/** Input of each operation. `at`: the event's time (ISO 8601). */
export interface ConnectedRegistryRequests {
  /** The app responds to its creation now. `at`: the event's time. */
  noteNew: WorksFor & { readonly at: string };
  noteOld: WorksFor & { readonly at: string };
  noteDeleted: WorksFor & { readonly at: string };
}
export type ConnectedRegistryOperation = keyof ConnectedRegistryRequests;

/** Applies an event to the record. Late events do not undo newer ones. */
export function note(
  record: ConnectedRegistryRecord,
  operation: ConnectedRegistryOperation,
  at: string,
): ConnectedRegistryRecord {
  const { deletedAt, newAt } = record;
  if (deletedAt !== undefined && at <= deletedAt) return record;
  if (operation === 'noteDeleted')
    return newAt !== undefined && newAt > at ? { ...record, deletedAt: at } : { deletedAt: at };
  const kept = deletedAt === undefined ? {} : { deletedAt };
  if (operation === 'noteOld') return newAt === undefined ? { ...kept, isOld: true } : record;
  return { ...kept, newAt: newAt !== undefined && newAt > at ? newAt : at };
}

/** Seconds. An older creation time proves that the connected registry existed before; a younger one proves nothing. */
const OLD_AFTER_SECONDS = 3600;

/** Facts of a connected registry that show whether it is in use. */
interface UseOfConnectedRegistry {
  /** Undefined if ARM does not return it. */
  readonly isActive: boolean | undefined;
  readonly lastSyncTime?: string;
  readonly clientTokens: readonly string[];
  readonly createdAt?: string;
}

/**
 * Whether the write that an event reports created the connected registry.
 * @param at time of the event
 * @param wasBound whether the app has ever written its list of clients
 * @returns `unknown` if it cannot be decided: then no clients are onboarded on a guess, and a later event decides
 */
export function judgeWrite(
  record: ConnectedRegistryRecord,
  { at, facts, wasBound }: { readonly at: string; readonly facts: UseOfConnectedRegistry; readonly wasBound: boolean },
): 'new' | 'known' | 'old' | 'unknown' {
  const { newAt, isOld, deletedAt } = record;
  if (newAt !== undefined) return at <= newAt ? 'new' : 'known';
  if (isOld === true) return 'known';
  if (deletedAt !== undefined && at <= deletedAt) return 'known';
  // Bindings before the deletion belonged to the deleted connected registry.
  const isInUse =
    // Unknown is not no: a profile's clients, offboarded ones included, must not be onboarded on a guess.
    facts.isActive !== false ||
    facts.lastSyncTime !== undefined ||
    facts.clientTokens.length > 0 ||
    (wasBound && deletedAt === undefined);
  if (isInUse) return 'old';
  const age = facts.createdAt === undefined ? NaN : (Date.parse(at) - Date.parse(facts.createdAt)) / 1000;
  // Without a creation time it may have existed long before, unless a deletion event shows that it is another one.
  if (Number.isNaN(age)) return deletedAt === undefined ? 'unknown' : 'new';
  return age > OLD_AFTER_SECONDS ? 'old' : 'new';
}
