import type { FilledSlot } from '@connected-registry/protocol/registry/slots';

/** Milliseconds that a password outlives its secret, so that consumers are not cut off on the last day. */
const GRACE = 24 * 3_600_000;

/** Milliseconds by which a service may shorten the time that it was given. */
const PRECISION = 1_000;

/** When a password expires. @param expiresOn when its secret expires (ISO 8601) */
export function passwordExpiry(expiresOn: string): Date {
  return new Date(Date.parse(expiresOn) + GRACE);
}

/**
 * Whether a slot holds a password that was requested for one of these secrets, also if nobody knows when it was made:
 * the process that requested it died, or could not save it. A run chooses the expiry to the millisecond, so the
 * password of somebody else has another one.
 *
 * @param expiries when the secrets expire (ISO 8601)
 */
export function isRequested(filled: FilledSlot | undefined, expiries: readonly string[]): boolean {
  if (filled?.expiresAt === undefined) return false;
  const expiresAt = Date.parse(filled.expiresAt);
  return expiries.some((expiresOn) => Math.abs(passwordExpiry(expiresOn).getTime() - expiresAt) < PRECISION);
}
