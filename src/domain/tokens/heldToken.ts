import { madeSince } from './madeSince.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/**
 * A token that a client has from us, made for it or adopted. The client's record keeps it, since secrets and their tags
 * may be purged. Times are ISO 8601.
 */
export interface HeldToken {
  readonly token: string;
  /** The scope map that we gave it last. */
  readonly scopeMap: string;
  /** When the run that made or adopted it had looked. */
  readonly since: string;
  /** When that run had made it; absent for one that was there, and while it is being made. */
  readonly until?: string;
  /** When a token that was there had been made. */
  readonly createdAt?: string;
  /** It was made for the client; else it was adopted, and is not ours to delete. */
  readonly isMade: boolean;
  /** The scope map that an adopted token had, and is to have again. */
  readonly foundScopeMap?: string;
}

/** Tokens that are remembered for one client, the newest. */
const MAX_HELD = 10;

/** Adds one; of the same name the newest counts. */
export function withHeldToken(held: readonly HeldToken[], added: HeldToken): HeldToken[] {
  return [...withoutHeldToken(held, added.token), added].slice(-MAX_HELD);
}

export function withoutHeldToken(held: readonly HeldToken[], token: string): HeldToken[] {
  return held.filter((one) => !sameName(one.token, token));
}

/** What is remembered of this very token; not of an earlier or later one of that name. */
export function heldOf(
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
  // Adopted, and ARM does not say when it was made: nothing else tells one from another.
  if (!isMade) return createdAt === present;
  // When it was made is not known but to a few minutes: one that has other rights is another, or others' by now.
  if (present === undefined || !sameName(scopeMap, its)) return false;
  return madeSince(present, since) && (until === undefined || madeSince(until, present));
}
