import type { WorksFor } from '../operations/worksFor.js';

/**
 * Remembers of a connected registry whether its creation has been answered. Its age tells nothing: every PATCH resets
 * `systemData.createdAt` (docs/simulator.md, "Times"), the app's own bindings included.
 */
export interface ConnectedRegistryRecord {
  /** Time of the event about its creation. Deliveries of that event, and of older ones, are about the same one. */
  readonly newAt?: string;
  /** It was there, and in use, before the app heard of it. */
  readonly isOld?: boolean;
  /** Time of the last deletion event: what is known is about the connected registry that is gone. */
  readonly deletedAt?: string;
}

export const NEVER_SEEN: ConnectedRegistryRecord = {};

/** The entity's name; lower case, as the binder's. */
export const CONNECTED_REGISTRY_RECORD = 'connectedregistry';

export interface ConnectedRegistryRequests {
  /** Its creation is answered now. */
  noteNew: WorksFor & { readonly at: string };
  noteOld: WorksFor & { readonly at: string };
  noteDeleted: WorksFor & { readonly at: string };
}
export type ConnectedRegistryOperation = keyof ConnectedRegistryRequests;
export type ConnectedRegistryRequest = ConnectedRegistryRequests[ConnectedRegistryOperation];

/** Late events do not undo newer ones. */
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

/** Seconds: a time of creation that is longer ago shows that it is old. A young one shows nothing. */
const OLD_AFTER_SECONDS = 3600;

/** What a connected registry says of itself, as far as it shows whether it is in use. */
export interface UseOfConnectedRegistry {
  /** Absent where ARM does not say it. */
  readonly isActive: boolean | undefined;
  readonly lastSyncTime?: string;
  readonly clientTokens: readonly string[];
  readonly createdAt?: string;
}

/**
 * Whether a write that an event tells of has made the connected registry. `unknown`: nobody can tell, so that its profile's
 * clients are not onboarded on a guess, and a later event decides.
 *
 * @param at time of the event
 * @param wasBound whether the app has ever written its list of clients
 */
export function judgeWrite(
  record: ConnectedRegistryRecord,
  { at, facts, wasBound }: { readonly at: string; readonly facts: UseOfConnectedRegistry; readonly wasBound: boolean },
): 'new' | 'known' | 'old' | 'unknown' {
  const { newAt, isOld, deletedAt } = record;
  if (newAt !== undefined) return at <= newAt ? 'new' : 'known';
  if (isOld === true) return 'known';
  if (deletedAt !== undefined && at <= deletedAt) return 'known';
  // What was bound before the deletion was bound to the one that is gone.
  const isInUse =
    // Unknown is not no: a profile's clients, the offboarded ones too, are not onboarded on a guess.
    facts.isActive !== false ||
    facts.lastSyncTime !== undefined ||
    facts.clientTokens.length > 0 ||
    (wasBound && deletedAt === undefined);
  if (isInUse) return 'old';
  const age = facts.createdAt === undefined ? NaN : (Date.parse(at) - Date.parse(facts.createdAt)) / 1000;
  // Without its age nothing tells it from one that was there long before, unless a deletion was: then it is another one.
  if (Number.isNaN(age)) return deletedAt === undefined ? 'unknown' : 'new';
  return age > OLD_AFTER_SECONDS ? 'old' : 'new';
}
