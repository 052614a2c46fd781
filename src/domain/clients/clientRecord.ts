import { withHeldToken, withoutHeldToken, type HeldToken } from '../tokens/heldToken.js';
import { withEnded, type EndedOperation } from '../operations/endedOperation.js';
import { withOrphanedToken, type OrphanedToken } from '../tokens/orphanedToken.js';
import type { WorksFor } from '../operations/worksFor.js';

/** What must outlive a client's runs. Times are ISO 8601. */
export interface ClientRecord {
  /** The client was revoked then; an onboarding that was asked for later lifts it, nothing else. */
  readonly revokedAt?: string;
  /** Of a revocation that was repeated: when the client was revoked first. What came in between is ended by the repetition. */
  readonly firstRevokedAt?: string;
  /** Names of the tokens that the revocation found enabled: what it has disabled, and somebody else has not. */
  readonly disabled?: readonly string[];
  /** Revocations that are disabling what the client has at this moment. */
  readonly disabling?: readonly Disabling[];
  /** Tokens that runs made and left, and that no secret need tell of. */
  readonly orphaned?: readonly OrphanedToken[];
  /** Tokens that the client has from us, made for it or adopted. */
  readonly held?: readonly HeldToken[];
  /** The client has been given a token since then, whatever has become of it. */
  readonly knownSince?: string;
  /** A rotation is due since then, whatever its age says. */
  readonly rotationDueSince?: string;
  /** A rotation failed, and is to be tried again then. */
  readonly retryRotationAt?: string;
  /** Time of the newest event about the device that was taken; older ones come late. */
  readonly newestEventAt?: string;
  /** Version of the main secret that the device's agent says it uses. */
  readonly acknowledged?: string;
  /** How the last runs ended, oldest first; an offboarding keeps them. */
  readonly ended?: readonly EndedOperation[];
}

/** A revocation at its writes. What is to lift it waits for them: they would undo it. */
export interface Disabling {
  /** The revocation's operation. */
  readonly operation: string;
  /** ISO 8601; from then on it counts as lost. */
  readonly until: string;
}

export const NOTHING_KNOWN: ClientRecord = {};

/** Name of the entity. Lower case, since the engine folds an entity's name in some places and not in others. */
export const CLIENT_RECORD = 'client';

/** Input of each operation; the entity's key is the client's. */
export interface ClientRecordRequests {
  /**
   * Marks the client as revoked: at `at`, or at the entity's own time if that is later. It disables what there is until
   * `endDisabling`, or `until`.
   */
  readonly revoke: WorksFor & { readonly at: string; readonly until: string };
  /** The revocation of `revokedAt` is about to look again for what is enabled, if it still stands. */
  readonly beginDisabling: WorksFor & { readonly revokedAt: string; readonly until: string };
  readonly endDisabling: WorksFor;
  /** The revocation is about to disable these tokens, which are enabled. */
  readonly noteDisabled: WorksFor & { readonly tokens: readonly string[] };
  /** A run ends that made this token, and leaves it. */
  readonly noteOrphaned: WorksFor & OrphanedToken;
  /** A run is about to make, adopt or move this token, or has done so. */
  readonly holdToken: WorksFor & HeldToken;
  /** The client has the token no more. */
  readonly dropToken: WorksFor & { readonly token: string };
  /** Whether the client was revoked since a run was asked for, so that its undo must keep what it made. */
  readonly revokedSince: WorksFor & { readonly wantedAt: string };
  /** A run that was asked for at `wantedAt` begins; `eventAt` when an event asked for it. */
  readonly begin: WorksFor & { readonly wantedAt: string; readonly eventAt?: string };
  /** An offboarding begins, whether or not the client was revoked; older events than its own time come too late. */
  readonly beginOffboarding: WorksFor & { readonly wantedAt: string; readonly eventAt?: string };
  /** The run that was asked for at `wantedAt` has enabled the client again: an earlier mark is lifted. */
  readonly clearRevocation: WorksFor & { readonly wantedAt: string };
  readonly markRotationDue: WorksFor & { readonly at: string };
  /** A rotation has failed; the next one is due at `at`. */
  readonly retryRotation: WorksFor & { readonly at: string };
  /** A rotation that was asked for at `at` is done. */
  readonly clearRotationDue: WorksFor & { readonly at: string };
  /** An event of that time was taken. */
  readonly noteEvent: WorksFor & { readonly at: string };
  readonly acknowledge: WorksFor & { readonly version: string };
  /** A run has ended. A repetition changes nothing. */
  readonly noteEnd: WorksFor & { readonly ended: EndedOperation };
  /** The client is gone: what was known of it is of no use, but its revocation, its newest event and how runs ended. */
  readonly forget: WorksFor;
}
export type ClientRecordOperation = keyof ClientRecordRequests;

/** The client may be given access: what its record says at a run's begin. */
export interface Started extends Pick<ClientRecord, 'orphaned' | 'held'> {
  /** A revocation that is older than the run. An onboarding clears it; no other run may begin. */
  readonly clears?: Revocation;
  /** Version of the main secret that the device's agent says it uses. */
  readonly acknowledged?: string;
}

/** The same for an offboarding. */
export interface StartedOffboarding extends Pick<ClientRecord, 'orphaned' | 'held'> {
  /** Whether the record knows a client that has, or had, something of ours. */
  readonly isKnown: boolean;
}

/** The answer to a revocation's mark. */
export interface Marked extends Pick<ClientRecord, 'orphaned' | 'held' | 'firstRevokedAt'> {
  /** ISO 8601. */
  readonly revokedAt: string;
  /** Whether the record knew the client before the mark. */
  readonly isKnown: boolean;
}

interface Answers {
  readonly begin: Started;
  readonly beginOffboarding: StartedOffboarding;
  readonly revoke: Marked;
  readonly revokedSince: { readonly revokedAt?: string };
  /** Whether the revocation still stands, so that it may disable what it finds. */
  readonly beginDisabling: { readonly stands: boolean };
}

/** Value of each operation's outcome; an empty object for those that only note something. */
export type ClientRecordAnswers = {
  readonly [Operation in ClientRecordOperation]: Operation extends keyof Answers ? Answers[Operation] : object;
};

export type ClientRecordRequest = ClientRecordRequests[ClientRecordOperation];

const later = (left: string | undefined, right: string): string =>
  left !== undefined && new Date(left) > new Date(right) ? left : right;

export function markRevoked(record: ClientRecord, at: string): ClientRecord & { readonly revokedAt: string } {
  const revokedAt = later(record.revokedAt, at);
  if (record.revokedAt === undefined || revokedAt === record.revokedAt) return { ...record, revokedAt };
  return { ...record, revokedAt, firstRevokedAt: record.firstRevokedAt ?? record.revokedAt };
}

/** Only while the client is revoked: of a lifted revocation there is nothing to remember. */
export function noteDisabled(record: ClientRecord, tokens: readonly string[]): ClientRecord {
  if (record.revokedAt === undefined || tokens.length === 0) return record;
  const names = [...(record.disabled ?? []), ...tokens.map((token) => token.toLowerCase())];
  return { ...record, disabled: [...new Set(names)] };
}

export function beginDisabling(record: ClientRecord, { operation, until }: Disabling): ClientRecord {
  return { ...record, disabling: [...othersDisabling(record, operation), { operation, until }] };
}

export function endDisabling(record: ClientRecord, operation: string): ClientRecord {
  const { disabling: _disabling, ...rest } = record;
  const others = othersDisabling(record, operation);
  return others.length === 0 ? rest : { ...rest, disabling: others };
}

/** Whether a revocation is disabling what the client has at this moment. */
export function isDisabling({ disabling = [] }: ClientRecord, now: Date): boolean {
  return disabling.some(({ until }) => new Date(until) > now);
}

function othersDisabling({ disabling = [] }: ClientRecord, operation: string): Disabling[] {
  return disabling.filter((one) => one.operation !== operation);
}

export function noteOrphaned(record: ClientRecord, orphaned: OrphanedToken): ClientRecord {
  return { ...record, orphaned: withOrphanedToken(record.orphaned ?? [], orphaned) };
}

/** Noted before its action, as an undo is: what is remembered may be about a token that was never made. */
export function holdToken(record: ClientRecord, held: HeldToken): ClientRecord {
  const { knownSince = held.since } = record;
  return { ...record, knownSince, held: withHeldToken(record.held ?? [], held) };
}

export function dropToken(record: ClientRecord, token: string): ClientRecord {
  const { held = [], ...rest } = record;
  const others = withoutHeldToken(held, token);
  return others.length === 0 ? rest : { ...rest, held: others };
}

/**
 * Whether the record tells of a client that has, or had, something of ours. A revocation's mark or an event's time does
 * not: both are noted for whatever name somebody wrote.
 */
export function isKnown({ knownSince, held = [], orphaned = [], disabled = [], ...rest }: ClientRecord): boolean {
  const { acknowledged, rotationDueSince, retryRotationAt } = rest;
  return [knownSince, ...held, ...orphaned, ...disabled, acknowledged, rotationDueSince, retryRotationAt].some(
    (fact) => fact !== undefined,
  );
}

export function noteEnd(record: ClientRecord, ended: EndedOperation): ClientRecord {
  return { ...record, ended: withEnded(record.ended ?? [], ended) };
}

/** When the client was revoked, if the run that was asked for at `wantedAt` is not later than that. */
export function revokedSince({ revokedAt }: ClientRecord, wantedAt: string): string | undefined {
  return revokedAt !== undefined && new Date(revokedAt) >= new Date(wantedAt) ? revokedAt : undefined;
}

/** A mark that is not older than the run stays. */
export function clearRevocation(record: ClientRecord, wantedAt: string): ClientRecord {
  const { revokedAt, firstRevokedAt: _first, disabled: _disabled, ...rest } = record;
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

/** A revocation that stands, as the onboarding that is to lift it must know it. */
export interface Revocation {
  /** ISO 8601. */
  readonly revokedAt: string;
  /** Names of the tokens that it disabled, in lower case; an onboarding may enable these again, and no other. */
  readonly disabled: readonly string[];
}

/** The revocation that stands, if any. */
export function revocationOf({ revokedAt, disabled = [] }: ClientRecord): Revocation | undefined {
  return revokedAt === undefined ? undefined : { revokedAt, disabled };
}

/** Whether a run may begin; `lifts` is there when it may, and lifts that revocation by its success. */
export type BeginVerdict =
  | { readonly kind: 'goOn'; readonly clears?: Revocation }
  | { readonly kind: 'revoked'; readonly revokedAt: string }
  | { readonly kind: 'staleEvent'; readonly newestEventAt: string };

/**
 * A run that was asked for before the client was revoked must not begin any more, and one that an event asked for not
 * after a newer event: deliveries come late, twice and out of order.
 */
export function judgeBegin(record: ClientRecord, wantedAt: string, eventAt: string | undefined): BeginVerdict {
  const stale = judgeEvent(record, eventAt);
  if (stale) return stale;
  const clears = revocationOf(record);
  if (!clears) return { kind: 'goOn' };
  const { revokedAt } = clears;
  return revokedSince(record, eventAt ?? wantedAt) ? { kind: 'revoked', revokedAt } : { kind: 'goOn', clears };
}

/** The verdict on an event that comes after a newer one; undefined for any other, and for a run that no event asked for. */
export function judgeEvent(
  { newestEventAt }: ClientRecord,
  eventAt: string | undefined,
): Extract<BeginVerdict, { kind: 'staleEvent' }> | undefined {
  if (eventAt === undefined || newestEventAt === undefined || new Date(newestEventAt) <= new Date(eventAt)) return;
  return { kind: 'staleEvent', newestEventAt };
}
