import type { AccessRequests, HeldAccess } from '../access/heldAccess.js';
import {
  endPoller,
  pollerIn,
  type PollingRequests,
  type PollingState,
  type RecordedPoller,
} from '../polling/poller.js';
import { withHeldToken, withoutHeldToken, type HeldToken } from '../tokens/heldToken.js';
import { withEnded, type EndedOperation } from '../operations/endedOperation.js';
import { withOrphanedToken, type OrphanedToken } from '../tokens/orphanedToken.js';
import type { WorksFor } from '../operations/worksFor.js';
import {
  accessIn,
  endDeviceAccess,
  type DeviceAccess,
  type Enrolment,
  type KeyRenewal,
  type Redemption,
} from '../enrolment/enrolment.js';
import type { Vouching } from '../enrolment/hubDevices.js';
import type { HubTarget } from '@connected-registry/protocol/messages/deviceChannel';

/** Facts about a client that must outlive its runs. Times are ISO 8601. */
export interface ClientRecord extends DeviceAccess, PollingState {
  /** When the client was revoked. Only an onboarding that is requested later clears it. */
  readonly revokedAt?: string;
  /**
   * If the revocation was repeated: when the client was first revoked. The repetition also ends runs started in
   * between.
   */
  readonly firstRevokedAt?: string;
  /** Names of the tokens that the revocation found enabled, hence disabled itself. */
  readonly disabled?: readonly string[];
  /** Revocations that are disabling the client's tokens and secrets now. */
  readonly disabling?: readonly Disabling[];
  /** Tokens that runs created and did not remove. Secrets may not name them. */
  readonly orphaned?: readonly OrphanedToken[];
  /** Tokens that this app gave the client, created for it or adopted. */
  readonly held?: readonly HeldToken[];
  /**
   * Host of the vault that has the client's secrets, from its first onboarding to its offboarding
   * (domain/vaults/clientVault.ts).
   */
  readonly vault?: string;
  /** Who may read the client's secrets. */
  readonly access?: HeldAccess;
  /**
   * Object id of the identity that the client's last onboarding named, or that it had when it was offboarded; in lower
   * case. An event may name this one again, for a client that has no credential.
   */
  readonly lastIdentity?: string;
  /** When the client was first given a token, even if the token is gone by now. */
  readonly knownSince?: string;
  /** Since when a rotation is due regardless of the credential's age. */
  readonly rotationDueSince?: string;
  /** When to retry a failed rotation. */
  readonly retryRotationAt?: string;
  /** Time of the newest accepted event about the device. Older events are stale. */
  readonly newestEventAt?: string;
  /** Version of the main secret that the device's agent reports using. */
  readonly acknowledged?: string;
  /**
   * The run whose promotion that acknowledges. An acknowledgement of an earlier run's promotion comes late, or again.
   */
  readonly acknowledgedBy?: string;
  /** How the last runs ended, oldest first. Kept after an offboarding. */
  readonly ended?: readonly EndedOperation[];
}

/**
 * A revocation while it writes. A run that clears it waits until then; otherwise these writes would disable the client
 * again.
 */
export interface Disabling {
  /** The revocation's operation. */
  readonly operation: string;
  /** ISO 8601. After this time the revocation counts as lost. */
  readonly until: string;
}

export const NOTHING_KNOWN: ClientRecord = {};

/** Name of the entity, in lower case: the engine lower-cases entity names in some places and not in others. */
export const CLIENT_RECORD = 'client';

/** Input of each operation; the entity's key is the client's. */
export interface ClientRecordRequests extends AccessRequests, PollingRequests {
  /**
   * Marks the client as revoked at `at`, or at the entity's current time if that is later. The revocation disables
   * tokens and secrets until `endDisabling`, or until `until` if it is lost.
   */
  readonly revoke: WorksFor & { readonly at: string; readonly until: string };
  /** The revocation of `revokedAt`, unless cleared, is about to search again for enabled tokens and secrets. */
  readonly beginDisabling: WorksFor & { readonly revokedAt: string; readonly until: string };
  readonly endDisabling: WorksFor;
  /** The revocation is about to disable these tokens, which are enabled. */
  readonly noteDisabled: WorksFor & { readonly tokens: readonly string[] };
  /** A run ends without removing the token that it created. */
  readonly noteOrphaned: WorksFor & OrphanedToken;
  /** A run is about to create, adopt or move this token, or has done so. */
  readonly holdToken: WorksFor & HeldToken & NamedIdentity & RecordedVault;
  /** The client no longer has the token. */
  readonly dropToken: WorksFor & { readonly token: string };
  /**
   * Whether the client was revoked since a run's request. If so, the run's rollback must keep what the run created.
   * `effectiveAt`: the event's own time if an event requested the run, otherwise when it was requested.
   */
  readonly revokedSince: WorksFor & { readonly effectiveAt: string };
  /**
   * A run requested at `requestedAt` begins, unless it has ended before. `eventAt`: time of the event that requested
   * it, if any.
   */
  readonly begin: WorksFor & { readonly requestedAt: string; readonly eventAt?: string };
  /**
   * An offboarding begins, whether or not the client was revoked. Events older than it become stale, and the device's
   * key ends.
   */
  readonly beginOffboarding: WorksFor & { readonly requestedAt: string; readonly eventAt?: string };
  /** The run of `effectiveAt` has enabled the client again: clears an earlier revocation. */
  readonly clearRevocation: WorksFor & { readonly effectiveAt: string };
  readonly markRotationDue: WorksFor & { readonly at: string };
  /** A rotation has failed. `at`: when to retry it. */
  readonly retryRotation: WorksFor & { readonly at: string };
  /** A rotation requested at `at` is complete. */
  readonly clearRotationDue: WorksFor & { readonly at: string };
  /** An event was accepted. `at`: its time. */
  readonly noteEvent: WorksFor & { readonly at: string };
  readonly acknowledge: WorksFor & { readonly version: string };
  /**
   * A join token was issued. Ignored if the client was revoked or offboarded since `requestedAt` (ISO 8601). Earlier
   * versions send only the token's own time, which may be later: it orders tokens.
   */
  readonly enrol: WorksFor & { readonly enrolment: Enrolment; readonly requestedAt?: string };
  /** The join token of this hash is taken back, unless a device has used it. */
  readonly withdrawEnrolment: WorksFor & { readonly hash: string };
  /** A device presents its join token, which the sender has verified. */
  readonly redeem: WorksFor & { readonly redemption: Redemption };
  /** A device replaces its keys. */
  readonly renewKeys: WorksFor & { readonly renewal: KeyRenewal };
  /** A run has read keys of the client's device in its twin. */
  readonly vouch: WorksFor & { readonly vouching: Vouching };
  /** A device's signed request has come. */
  readonly noteContact: WorksFor & { readonly thumbprint: string; readonly at: string };
  /** A run has seen the device of these keys pull. */
  readonly notePull: WorksFor & { readonly thumbprint: string; readonly at: string };
  /** A run has ended. Repeating the operation changes nothing. */
  readonly noteEnd: WorksFor & { readonly ended: EndedOperation };
  /**
   * The client was offboarded: keeps only its revocation, its newest event, how its runs ended, which identity and
   * poller it had and what must not come back.
   */
  readonly forget: WorksFor;
}
export type ClientRecordOperation = keyof ClientRecordRequests;

/** The object id of the identity that a run's request names; absent if it names none. */
export interface NamedIdentity {
  readonly names?: string;
}

/** A revocation in effect: what the onboarding that clears it needs to know. */
export interface Revocation {
  /** ISO 8601. */
  readonly revokedAt: string;
  /** Names of the tokens that it disabled, in lower case. An onboarding may enable only these again. */
  readonly disabled: readonly string[];
}

/** What a client's record says about the identities that may read its secrets, and poll its messages. */
export interface RecordedReaders extends Pick<ClientRecord, 'access' | 'lastIdentity'> {
  /** The record knows the client, so it is not new: whoever sends events may not choose who reads its secrets. */
  readonly isKnown?: true;
  /** The record has keys of its device, so that its messages are sealed: no event may name who gets them in clear. */
  readonly hasKeys?: true;
  /** The identity that polls its messages, or did; absent if there never was one. */
  readonly poller?: RecordedPoller;
}

/** The vault of a client's secrets, as the record answers it to a run that begins, and as the run has it recorded. */
export interface RecordedVault {
  /** Its host. Absent in histories of versions that recorded no vault: then it is the first of the settings. */
  readonly vault?: string;
}

/** The client may be given access: what its record says at a run's begin. */
export interface Started extends Pick<ClientRecord, 'orphaned' | 'held'>, RecordedReaders, RecordedVault {
  /** A revocation that is older than the run. An onboarding clears it; no other run may begin. */
  readonly clears?: Revocation;
  /** Version of the main secret that the device's agent says it uses. */
  readonly acknowledged?: string;
  /** Present if the client's device has joined with keys of its own, and so asks for its messages. */
  readonly hasJoined?: true;
  /** Present if a hub vouches for the device's keys: what it is sent is sealed to them. */
  readonly hub?: HubTarget;
}

/** Whether the keys that a run has read are the device's: `new` if it is the first to know them. */
export interface Vouched {
  readonly verdict: 'current' | 'new' | 'late' | 'joined';
  /** Present if the device has pulled since it has these keys. A run that found them may have failed before. */
  readonly hasPulled?: true;
}

/** The same for an offboarding. */
export interface StartedOffboarding extends Pick<ClientRecord, 'orphaned' | 'held' | 'access'>, RecordedVault {
  /** Whether the record knows a client that has, or had, something of ours. */
  readonly isKnown: boolean;
  /** The device's key and its join token, as far as there were some: they have ended. Texts for people. */
  readonly ended?: readonly string[];
}

/** The answer to a revocation's mark. */
export interface Marked extends Pick<ClientRecord, 'orphaned' | 'held' | 'access' | 'firstRevokedAt'>, RecordedVault {
  /** ISO 8601. */
  readonly revokedAt: string;
  /** Whether the record knew the client before the mark. */
  readonly isKnown: boolean;
  /** As {@link StartedOffboarding.ended}. */
  readonly ended?: readonly string[];
}

interface AnswersByOperation {
  readonly begin: Started;
  readonly beginOffboarding: StartedOffboarding;
  readonly revoke: Marked;
  readonly revokedSince: { readonly revokedAt?: string };
  readonly vouch: Vouched;
  /** Whether the revocation still stands, so that it may disable what it finds. */
  readonly beginDisabling: { readonly stands: boolean };
}

/** Value of each operation's outcome; an empty object for those that only note something. */
export type ClientRecordAnswers = {
  readonly [Operation in ClientRecordOperation]: Operation extends keyof AnswersByOperation
    ? AnswersByOperation[Operation]
    : object;
};

export type ClientRecordRequest = ClientRecordRequests[ClientRecordOperation];

/** Records a token that a run created and did not remove. */
export function noteOrphaned(record: ClientRecord, orphaned: OrphanedToken): ClientRecord {
  return { ...record, orphaned: withOrphanedToken(record.orphaned ?? [], orphaned) };
}

/** Recorded before the action, as an undo is, so the record may name a token that was never created. */
export function holdToken(
  record: ClientRecord,
  { names, vault, ...held }: HeldToken & NamedIdentity & RecordedVault,
): ClientRecord {
  const { knownSince = held.since, lastIdentity: _last, ...rest } = record;
  // Replaced also by none: an operator who names no identity has others decide who may read.
  const last = names === undefined ? {} : { lastIdentity: names };
  // The first stays: the client's secrets are in it.
  const placed = record.vault === undefined && vault !== undefined ? { vault } : {};
  return { ...rest, ...last, ...placed, knownSince, held: withHeldToken(record.held ?? [], held) };
}

/** Removes a token that the client no longer has. */
export function dropToken(record: ClientRecord, token: string): ClientRecord {
  const { held = [], ...rest } = record;
  const others = withoutHeldToken(held, token);
  return others.length === 0 ? rest : { ...rest, held: others };
}

/**
 * Whether the record shows that this app ever gave the client a resource. A revocation or an event's time shows
 * nothing: both are recorded for any name in a request.
 */
export function isKnown({ knownSince, held = [], orphaned = [], disabled = [], ...rest }: ClientRecord): boolean {
  const { acknowledged, rotationDueSince, retryRotationAt, enrolment, joined, polling } = rest;
  const facts = [knownSince, ...held, ...orphaned, ...disabled, acknowledged, rotationDueSince, retryRotationAt];
  return [...facts, enrolment, joined, polling?.current].some((fact) => fact !== undefined);
}

/**
 * Ends the device's key, its join token and its poller. The record still knows the client, since what was given to the
 * device may have to be taken away later.
 * @param at ISO 8601
 */
export function endAccess(record: ClientRecord, at: string): ClientRecord {
  const ended = endPoller(endDeviceAccess(record, at), at);
  return isKnown(record) && ended.knownSince === undefined ? { ...ended, knownSince: at } : ended;
}

/** What {@link endAccess} ends, for the answer to the run that ends it. */
export function endedBy(record: ClientRecord): { readonly ended?: readonly string[] } {
  const { current } = record.polling ?? {};
  const ended = [...accessIn(record), ...(current === undefined ? [] : [`poller ${current.objectId}`])];
  return ended.length === 0 ? {} : { ended };
}

/** Records how a run ended, once. */
export function noteEnd(record: ClientRecord, ended: EndedOperation): ClientRecord {
  return { ...record, ended: withEnded(record.ended ?? [], ended) };
}

/** The client's tokens in its record, for runs that search for its resources. */
export function tokensIn({ orphaned, held }: ClientRecord): Pick<ClientRecord, 'orphaned' | 'held'> {
  return { ...(orphaned === undefined ? {} : { orphaned }), ...(held === undefined ? {} : { held }) };
}

/** What preflight needs to know about the client's identities. */
export function readersIn(record: ClientRecord): RecordedReaders {
  const { lastIdentity } = record;
  return {
    ...readAccessIn(record),
    ...(lastIdentity === undefined ? {} : { lastIdentity }),
    ...(isKnown(record) ? { isKnown: true } : {}),
    ...(record.joined === undefined ? {} : { hasKeys: true }),
    ...(record.polling === undefined ? {} : { poller: pollerIn(record.polling) }),
  };
}

/** The identity that stays in the record of an offboarded client. */
export function keptIdentity({ access, lastIdentity }: ClientRecord): Pick<ClientRecord, 'lastIdentity'> {
  const kept = access?.identity?.principalId ?? lastIdentity;
  return kept === undefined ? {} : { lastIdentity: kept };
}

/** The client's access in its record. */
export function readAccessIn({ access }: ClientRecord): Pick<ClientRecord, 'access'> {
  return access === undefined ? {} : { access };
}
