import { createHash, timingSafeEqual } from 'node:crypto';

interface Slot {
  salt: string;
  hash: string;
  expiry?: string | undefined;
}

/**
 * The reason, for the log, why `password` is refused for `token` at `now`; undefined if it is accepted. It is accepted
 * if the token is enabled and the password is in one of the slots and has not expired. The edge has only hashes: base64
 * of SHA-256 over salt and password.
 */
export function refusalOf(
  token: { enabled: boolean; passwords: readonly Slot[] } | undefined,
  password: string,
  now: Date,
): string | undefined {
  if (!token) return 'the last sync had no token of that name';
  if (!token.enabled) return 'the token is disabled';
  if (openingSlot(token.passwords, password, now)) return undefined;
  // Without their expiry, to find out whether an expired one would match.
  const unending = token.passwords.map(({ salt, hash }) => ({ salt, hash }));
  return openingSlot(unending, password, now) ? 'the password has expired' : 'the password is in neither slot';
}

/** The slot that holds `password` and has not expired. */
export function openingSlot<T extends Slot>(slots: readonly T[], password: string, now: Date): T | undefined {
  return slots.find((slot) => {
    const expired = slot.expiry !== undefined && Date.parse(slot.expiry) <= now.getTime();
    const expected = Buffer.from(slot.hash, 'base64');
    const actual = createHash('sha256').update(slot.salt).update(password).digest();
    return !expired && expected.length === actual.length && timingSafeEqual(expected, actual);
  });
}

/** User and password of an Authorization header with Basic credentials (RFC 7617). */
export function basicCredentials(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^basic +(.+)$/i.exec(header ?? '')?.[1];
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
