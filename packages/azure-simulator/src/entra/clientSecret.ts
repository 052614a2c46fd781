import { createHash, timingSafeEqual } from 'node:crypto';
import type { Identity } from '../access/identities.js';

/** Whether a text is the identity's secret. The time of the comparison does not depend on the text. */
export function isSecretOf(identity: Identity, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(identity.clientSecret), digest(secret));
}
