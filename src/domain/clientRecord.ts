import type { WorksFor } from './worksFor.js';

/** What must outlive a client's runs. Times are ISO 8601. */
export interface ClientRecord {
  /** The client was revoked then; an onboarding that was asked for later lifts it, nothing else. */
  readonly revokedAt?: string;
  /** A rotation is due since then, whatever its age says. */
  readonly rotationDueSince?: string;
  /** A rotation failed, and is to be tried again then. */
  readonly retryRotationAt?: string;
  /** Time of the newest event about the device that was taken; older ones come late. */
  readonly newestEventAt?: string;
  /** Version of the main secret that the device's agent says it uses. */
  readonly acknowledged?: string;
}

export const NOTHING_KNOWN: ClientRecord = {};

/** Name of the entity. Lower case, since the engine folds an entity's name in some places and not in others. */
export const CLIENT_RECORD = 'client';

/** Input of each operation; the entity's key is the client's. */
export interface ClientRecordRequests {
  /** Marks the client as revoked at `at`. */
  readonly revoke: WorksFor & { readonly at: string };
  /** A run that was asked for at `wantedAt` begins; `eventAt` when an event asked for it. */
  readonly begin: WorksFor & { readonly wantedAt: string; readonly eventAt?: string };
  /** The run that was asked for at `wantedAt` has enabled the client again: an earlier mark is lifted. */
  readonly lift: WorksFor & { readonly wantedAt: string };
  readonly markRotationDue: WorksFor & { readonly at: string };
  /** A rotation has failed; the next one is due at `at`. */
  readonly retryRotation: WorksFor & { readonly at: string };
  /** A rotation that was asked for at `at` is done. */
  readonly clearRotationDue: WorksFor & { readonly at: string };
  /** An event of that time was taken. */
  readonly noteEvent: WorksFor & { readonly at: string };
  readonly acknowledge: WorksFor & { readonly version: string };
  /** The client is gone: what was known of it is of no use, but its revocation and its newest event. */
  readonly forget: WorksFor;
}
export type ClientRecordOperation = keyof ClientRecordRequests;
export type ClientRecordRequest = ClientRecordRequests[ClientRecordOperation];

const later = (left: string | undefined, right: string): string =>
  left !== undefined && new Date(left) > new Date(right) ? left : right;

export function markRevoked(record: ClientRecord, at: string): ClientRecord {
  return { ...record, revokedAt: later(record.revokedAt, at) };
}

/** A mark that is not older than the run stays. */
export function liftRevocation(record: ClientRecord, wantedAt: string): ClientRecord {
  const { revokedAt, ...rest } = record;
  return revokedAt !== undefined && new Date(revokedAt) < new Date(wantedAt) ? rest : record;
}

export function noteEvent(record: ClientRecord, at: string): ClientRecord {
  return { ...record, newestEventAt: later(record.newestEventAt, at) };
}

export function markRotationDue(record: ClientRecord, at: string): ClientRecord {
  return record.rotationDueSince === undefined ? { ...record, rotationDueSince: at } : record;
}

/** A mark that came after the rotation was asked for stays. */
export function clearRotationDue(record: ClientRecord, at: string): ClientRecord {
  const { retryRotationAt: _tried, ...asked } = record;
  const { rotationDueSince, ...rest } = asked;
  return rotationDueSince !== undefined && new Date(rotationDueSince) <= new Date(at) ? rest : asked;
}

/** Whether a run may begin; `revokedAt` is there when it may, and lifts that revocation by its success. */
export type BeginVerdict =
  | { readonly kind: 'goOn'; readonly revokedAt?: string }
  | { readonly kind: 'revoked'; readonly revokedAt: string }
  | { readonly kind: 'staleEvent'; readonly newestEventAt: string };

/**
 * A run that was asked for before the client was revoked must not begin any more, and one that an event asked for not
 * after a newer event: deliveries come late, twice and out of order.
 */
export function judgeBegin(record: ClientRecord, wantedAt: string, eventAt: string | undefined): BeginVerdict {
  const { revokedAt, newestEventAt } = record;
  const wanted = new Date(eventAt ?? wantedAt);
  if (eventAt !== undefined && newestEventAt !== undefined && new Date(newestEventAt) > wanted)
    return { kind: 'staleEvent', newestEventAt };
  if (revokedAt === undefined) return { kind: 'goOn' };
  return wanted > new Date(revokedAt) ? { kind: 'goOn', revokedAt } : { kind: 'revoked', revokedAt };
}
