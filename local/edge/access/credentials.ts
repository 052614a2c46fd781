import { createHash, timingSafeEqual } from 'node:crypto';
import type { ClientToken } from '../sync/snapshot.js';

/**
 * Whether `password` opens `token` at `now`: it has to be the one in either slot, not expired, of an enabled token. The
 * edge knows hashes only, base64 of SHA-256 over salt and password.
 */
export function passwordOpens(token: ClientToken, password: string, now: Date): boolean {
  if (!token.enabled) return false;
  return token.passwords.some((slot) => {
    const expired = slot.expiry !== undefined && Date.parse(slot.expiry) <= now.getTime();
    const expected = Buffer.from(slot.hash, 'base64');
    const actual = createHash('sha256').update(slot.salt).update(password).digest();
    return !expired && expected.length === actual.length && timingSafeEqual(expected, actual);
  });
}
