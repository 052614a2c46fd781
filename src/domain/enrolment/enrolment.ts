import type { DeviceKeys } from '@connected-registry/protocol/enrolment/deviceKeys';

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
  /** When the device got these keys. */
  readonly keysSince: string;
  /** Thumbprint of the signing key before them, so that a device that missed the answer may repeat its renewal. */
  readonly renewedFrom?: string;
  /** The device's last signed request, to within an hour. */
  readonly lastContactAt?: string;
}

/** The part of a client's record that says how its device was let in. */
export interface DeviceAccess {
  readonly enrolment?: Enrolment;
  readonly joined?: Joined;
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

/** Judges a redemption. Comparing hashes needs no constant time: the token's MAC was verified before. */
export function judgeRedemption(
  { enrolment, joined }: DeviceAccess,
  { hash, thumbprint, at }: Pick<Redemption, 'hash' | 'thumbprint' | 'at'>,
): RedemptionVerdict {
  if (enrolment?.hash !== hash) return 'unknown';
  if (enrolment.usedBy === undefined) return new Date(at) < new Date(enrolment.expiresAt) ? 'open' : 'expired';
  return enrolment.usedBy === thumbprint && joined?.thumbprint === thumbprint ? 'joined' : 'used';
}

/** Records a new join token. An earlier one ends, unused or not; the device that has joined stays until the token is used. */
export function issueEnrolment<Access extends DeviceAccess>(access: Access, enrolment: Enrolment): Access {
  const { enrolment: earlier } = access;
  // A signal that comes late must not bring an older token back.
  if (earlier && new Date(earlier.issuedAt) > new Date(enrolment.issuedAt)) return access;
  return earlier?.hash === enrolment.hash ? access : { ...access, enrolment };
}

/** Ends a join token that nobody has used. */
export function withdrawEnrolment<Access extends DeviceAccess>(access: Access): Access {
  const { enrolment, ...rest } = access;
  return enrolment?.usedBy === undefined ? (rest as Access) : access;
}

/** Lets a device in, if its token is open. The key of the device before it ends. */
export function redeem<Access extends DeviceAccess>(access: Access, redemption: Redemption): Access {
  const { enrolment } = access;
  if (!enrolment || judgeRedemption(access, redemption) !== 'open') return access;
  const { keys, thumbprint, at } = redemption;
  return {
    ...access,
    enrolment: { ...enrolment, usedBy: thumbprint },
    joined: { keys, thumbprint, joinedAt: at, keysSince: at },
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

/** `renewed`: this renewal was made before, and the device has missed the answer. `refused`: `from` is not the current key. */
export type RenewalVerdict = 'open' | 'renewed' | 'refused';

export function judgeRenewal(
  { joined }: DeviceAccess,
  { from, thumbprint }: Pick<KeyRenewal, 'from' | 'thumbprint'>,
): RenewalVerdict {
  if (joined?.thumbprint === from) return 'open';
  return joined?.renewedFrom === from && joined.thumbprint === thumbprint ? 'renewed' : 'refused';
}

/** Replaces a device's keys, if the renewal comes from its current key. */
export function renewKeys<Access extends DeviceAccess>(access: Access, renewal: KeyRenewal): Access {
  const { joined } = access;
  if (!joined || judgeRenewal(access, renewal) !== 'open') return access;
  const { from, keys, thumbprint, at } = renewal;
  return { ...access, joined: { ...joined, keys, thumbprint, keysSince: at, renewedFrom: from } };
}

/** Records that the device of this key was heard of at `at` (ISO 8601). */
export function noteContact<Access extends DeviceAccess>(access: Access, thumbprint: string, at: string): Access {
  const { joined } = access;
  if (joined?.thumbprint !== thumbprint) return access;
  if (joined.lastContactAt !== undefined && new Date(joined.lastContactAt) >= new Date(at)) return access;
  return { ...access, joined: { ...joined, lastContactAt: at } };
}

/** Ends the device's key and its join token at once. */
export function endDeviceAccess<Access extends DeviceAccess>(access: Access): Omit<Access, keyof DeviceAccess> {
  const { enrolment: _enrolment, joined: _joined, ...rest } = access;
  return rest;
}
