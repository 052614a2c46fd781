import type { DeviceKeys } from '@connected-registry/protocol/enrolment/deviceKeys';
import type { PollingState } from '../polling/poller.js';
import type { HubTarget } from '@connected-registry/protocol/messages/deviceChannel';

/** A join token that was issued for a client. Times are ISO 8601. */
export interface Enrolment {
  /** SHA-256 of the join token; the token itself is nowhere. */
  readonly hash: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  /** Addresses and networks (CIDR) from which the token may be redeemed; absent: from anywhere. */
  readonly addresses?: readonly string[];
  /** Thumbprint of the key that redeemed the token. A token has one use. */
  readonly usedBy?: string;
}

/** A device that has joined as the client: its public keys. Times are ISO 8601. */
export interface Joined {
  readonly keys: DeviceKeys;
  /** Thumbprint of the signing key. */
  readonly thumbprint: string;
  readonly joinedAt: string;
  /** Hash of the join token that it redeemed; absent for a device that a hub vouches for. */
  readonly token?: string;
  /** The IoT Hub that vouches for the keys: the device has reported them in its twin. */
  readonly hub?: HubTarget;
  /** When the device got these keys. */
  readonly keysSince: string;
  /** Thumbprint of the signing key before them, so that a device that missed the answer may repeat its renewal. */
  readonly renewedFrom?: string;
  /** The device's last signed request, to within an hour. */
  readonly lastContactAt?: string;
  /** Of a device that a hub vouches for: its last pull check that succeeded with these keys. */
  readonly pulledAt?: string;
}

/** The part of a client's record that says how its device was let in. */
export interface DeviceAccess {
  readonly enrolment?: Enrolment;
  readonly joined?: Joined;
  /**
   * Join tokens that were issued at this time (ISO 8601) or before have ended. A signal that comes late brings none
   * back.
   */
  readonly tokensEndedAt?: string;
  /**
   * When the device's access last ended as a whole (ISO 8601). No hub vouches for keys to a run that was requested
   * before.
   */
  readonly keysEndedAt?: string;
  /** Thumbprints of keys that a hub has vouched for, and that others have replaced since. */
  readonly replacedKeys?: readonly string[];
}

/** A device's redemption of a join token. */
export interface Redemption {
  /** SHA-256 of the join token. */
  readonly hash: string;
  readonly keys: DeviceKeys;
  readonly thumbprint: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * - `open`: the token may be redeemed.
 * - `joined`: this key has redeemed it before; the device has missed the answer.
 * - `used`: another key has redeemed it, or this one was replaced since: a copy of the token is about.
 * - `expired`: it was not used in time.
 * - `unknown`: another token was issued since, or the client was revoked or offboarded.
 */
export type RedemptionVerdict = 'open' | 'joined' | 'used' | 'expired' | 'unknown';

/**
 * Judges a redemption. Comparing hashes needs no constant time: the token's MAC was verified before. A device that has
 * joined may repeat its redemption also after another token was issued, until that one is used.
 */
export function judgeRedemption(
  { enrolment, joined }: DeviceAccess,
  { hash, thumbprint, at }: Pick<Redemption, 'hash' | 'thumbprint' | 'at'>,
): RedemptionVerdict {
  if (joined?.token === hash) return joined.thumbprint === thumbprint ? 'joined' : 'used';
  if (enrolment?.hash !== hash) return 'unknown';
  if (enrolment.usedBy !== undefined) return 'used';
  return new Date(at) < new Date(enrolment.expiresAt) ? 'open' : 'expired';
}

/**
 * Records a new join token. An earlier one ends, unused or not; the device that has joined stays until the token is
 * used.
 */
export function issueEnrolment<Access extends DeviceAccess>(access: Access, enrolment: Enrolment): Access {
  const { enrolment: earlier, tokensEndedAt } = access;
  if (tokensEndedAt !== undefined && new Date(enrolment.issuedAt) <= new Date(tokensEndedAt)) return access;
  return earlier && !isLater(enrolment, earlier) ? access : { ...access, enrolment };
}

/** Two tokens of one instant are ordered by their hashes, so that signals in any order end with the same one. */
function isLater(one: Enrolment, other: Enrolment): boolean {
  const difference = Date.parse(one.issuedAt) - Date.parse(other.issuedAt);
  return difference === 0 ? one.hash > other.hash : difference > 0;
}

/** Whether the client has a join token that nobody has used. It may have expired. */
export function isUnused({ enrolment }: DeviceAccess): boolean {
  return enrolment !== undefined && enrolment.usedBy === undefined;
}

/**
 * What a device that joins would take over: who has a join token of the client reads its secret, and ends the key or
 * the poller of the device before it.
 */
export function takenOver({
  joined,
  held,
  polling,
}: DeviceAccess & PollingState & { readonly held?: readonly unknown[] }):
  'device' | 'poller' | 'credential' | undefined {
  if (joined) return 'device';
  if (polling?.current) return 'poller';
  return held && held.length > 0 ? 'credential' : undefined;
}

/** Ends the join token of this hash, unless a device has used it. */
export function withdrawEnrolment<Access extends DeviceAccess>(access: Access, hash: string): Access {
  const { enrolment, ...rest } = access;
  if (enrolment?.hash !== hash || enrolment.usedBy !== undefined) return access;
  return { ...rest, tokensEndedAt: latest(access.tokensEndedAt, enrolment.issuedAt) } as Access;
}

/** Lets a device in, if its token is open. The key of the device before it ends. */
export function redeem<Access extends DeviceAccess>(access: Access, redemption: Redemption): Access {
  const { enrolment } = access;
  if (!enrolment || judgeRedemption(access, redemption) !== 'open') return access;
  const { keys, thumbprint, at } = redemption;
  return {
    ...access,
    enrolment: { ...enrolment, usedBy: thumbprint },
    joined: { keys, thumbprint, joinedAt: at, token: enrolment.hash, keysSince: at },
  };
}

/** A device's new keys, requested with the key of `from` (thumbprint). */
export interface KeyRenewal {
  readonly from: string;
  readonly keys: DeviceKeys;
  readonly thumbprint: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * `renewed`: this renewal was made before, and the device has missed the answer. `refused`: `from` is not the current
 * key.
 */
export type RenewalVerdict = 'open' | 'renewed' | 'refused';

export function judgeRenewal(
  { joined }: DeviceAccess,
  { from, thumbprint }: Pick<KeyRenewal, 'from' | 'thumbprint'>,
): RenewalVerdict {
  // Keys that a hub vouches for are renewed in the twin: others in the record would be replaced by the next run.
  if (joined?.hub) return 'refused';
  if (joined?.thumbprint === from) return 'open';
  return joined?.renewedFrom === from && joined.thumbprint === thumbprint ? 'renewed' : 'refused';
}

/** Replaces a device's keys, if the renewal comes from its current key. */
export function renewKeys<Access extends DeviceAccess>(access: Access, renewal: KeyRenewal): Access {
  const { joined } = access;
  if (!joined || judgeRenewal(access, renewal) !== 'open') return access;
  const { from, keys, thumbprint, at } = renewal;
  // A signal that comes late must not take from a device the keys that it got since.
  if (new Date(at) < new Date(joined.keysSince)) return access;
  return { ...access, joined: { ...joined, keys, thumbprint, keysSince: at, renewedFrom: from } };
}

/** Records that the device of this key was heard of at `at` (ISO 8601). */
export function noteContact<Access extends DeviceAccess>(access: Access, thumbprint: string, at: string): Access {
  const { joined } = access;
  if (joined?.thumbprint !== thumbprint) return access;
  if (joined.lastContactAt !== undefined && new Date(joined.lastContactAt) >= new Date(at)) return access;
  return { ...access, joined: { ...joined, lastContactAt: at } };
}

/** Records that a run has seen the device of this key pull at `at` (ISO 8601). */
export function notePull<Access extends DeviceAccess>(access: Access, thumbprint: string, at: string): Access {
  const { joined } = access;
  if (joined?.thumbprint !== thumbprint) return access;
  return { ...access, joined: { ...joined, pulledAt: latest(joined.pulledAt, at) } };
}

/** What {@link endDeviceAccess} ends, as texts for people: a key is named by its thumbprint. */
export function accessIn(access: DeviceAccess): string[] {
  return [
    ...(access.joined ? [`device key ${access.joined.thumbprint}`] : []),
    ...(isUnused(access) ? ['join token'] : []),
  ];
}

/**
 * Ends the device's key and its join token at once, and every token that was issued until `at` (ISO 8601). The join
 * token may be later than that, if it was issued by a host whose clock is ahead.
 */
export function endDeviceAccess<Access extends DeviceAccess>(access: Access, at: string): Access {
  const { enrolment, joined: _joined, replacedKeys: _replaced, ...rest } = access;
  const tokensEndedAt = latest(access.tokensEndedAt, latest(enrolment?.issuedAt, at));
  const keysEndedAt = latest(access.keysEndedAt, at);
  return { ...rest, tokensEndedAt, keysEndedAt } as Access;
}

function latest(one: string | undefined, other: string): string {
  return one !== undefined && new Date(one) > new Date(other) ? one : other;
}
