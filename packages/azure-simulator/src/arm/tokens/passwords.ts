import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import type { PasswordHash, StoredPassword } from '../../state/registryState.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Characters of the base64 alphabet, as recorded: 52 since 2023; 32 before, when some passwords ended in `=`. */
export function makePassword(length: 32 | 52): string {
  const padded = length === 32 && randomInt(4) === 0;
  const bytes = randomBytes(length);
  let text = '';
  for (const byte of bytes) text += ALPHABET[byte % 64];
  return padded ? `${text.slice(0, -1)}=` : text;
}

function hashPassword(password: string): PasswordHash {
  const salt = randomBytes(16).toString('base64');
  return { salt, hash: digest(salt, password) };
}

export function isPassword(stored: PasswordHash, password: string): boolean {
  return timingSafeEqual(Buffer.from(stored.hash, 'base64'), Buffer.from(digest(stored.salt, password), 'base64'));
}

function digest(salt: string, password: string): string {
  return createHash('sha256').update(salt).update(password).digest('base64');
}

export function isExpired(expiry: string | undefined, now: Date): boolean {
  return expiry !== undefined && new Date(expiry).getTime() <= now.getTime();
}

/** Sets a slot's new password. Connected registries get the old one until the new one is replicated. */
export function refill(
  name: SlotName,
  before: StoredPassword | undefined,
  password: string,
  expiry: string | undefined,
  now: Date,
  replicationSeconds: number,
): StoredPassword {
  const old = before && stillServed(before, now);
  return {
    name,
    creationTime: now.toISOString(),
    ...hashPassword(password),
    ...(expiry === undefined ? {} : { expiry }),
    ...(old && {
      previous: { ...old, until: new Date(now.getTime() + replicationSeconds * 1000).toISOString() },
    }),
  };
}

/** The hash that connected registries get for a slot now: the old one while the new password replicates. */
export function stillServed(password: StoredPassword, now: Date): PasswordHash & { expiry?: string } {
  const { previous } = password;
  const { salt, hash, expiry } = previous && new Date(previous.until) > now ? previous : password;
  return { salt, hash, ...(expiry === undefined ? {} : { expiry }) };
}
