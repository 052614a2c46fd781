import { madeSince } from './madeSince.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/**
 * A token that this app gave a client, created for it or adopted. The client's record keeps it, since secrets and their
 * tags may be purged. Times are ISO 8601.
 */
export interface HeldToken {
  readonly token: string;
  /** The scope map that this app gave it last. */
  readonly scopeMap: string;
  /** Preflight time of the run that created or adopted it. */
  readonly since: string;
  /** When that run had created it; absent for an adopted token, and during its creation. */
  readonly until?: string;
  /** Creation time of an adopted token. */
  readonly createdAt?: string;
  /** Whether this app created it. An adopted token is never deleted. */
  readonly isMade: boolean;
  /** The original scope map of an adopted token, to restore at the end. */
  readonly foundScopeMap?: string;
}

/** Maximum tokens in a client's record; the newest are kept. */
const MAX_HELD = 10;

/** Adds a token, replacing one of the same name. */
export function withHeldToken(held: readonly HeldToken[], added: HeldToken): HeldToken[] {
  return [...withoutHeldToken(held, added.token), added].slice(-MAX_HELD);
}

/** Removes the token of this name. */
export function withoutHeldToken(held: readonly HeldToken[], token: string): HeldToken[] {
  return held.filter((one) => !sameName(one.token, token));
}

/** The record's entry about this token, not about an earlier or later one of the same name. */
export function findHeldToken(
  held: readonly HeldToken[],
  token: { readonly name: string; readonly scopeMap: string; readonly createdAt?: string },
): HeldToken | undefined {
  return held.find((one) => sameName(one.token, token.name) && isSameToken(one, token));
}

function isSameToken(
  { createdAt, since, until, isMade, scopeMap }: HeldToken,
  { createdAt: present, scopeMap: its }: { readonly scopeMap: string; readonly createdAt?: string },
): boolean {
  if (createdAt !== undefined && present !== undefined)
    return new Date(createdAt).getTime() === new Date(present).getTime();
  // Adopted, and ARM does not return the creation time: nothing else distinguishes the tokens.
  if (!isMade) return createdAt === present;
  // The creation time is known only to a few minutes, so a token with another scope map is taken for a different one.
  if (present === undefined || !sameName(scopeMap, its)) return false;
  return madeSince(present, since) && (until === undefined || madeSince(until, present));
}
