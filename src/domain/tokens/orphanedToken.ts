import { madeSince } from './madeSince.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/**
 * A token that a run made and left: its client was revoked meanwhile, or its removal failed. No secret need tell of it, so
 * the client's record does.
 */
export interface OrphanedToken {
  readonly token: string;
  readonly scopeMap: string;
  /** ISO 8601; it was absent then. */
  readonly since: string;
  /** ISO 8601; the run had ended by then. */
  readonly until: string;
}

/** Names that are remembered, the newest; each is a run that left something. */
const MAX_ORPHANED = 10;

/** Adds one; of the same name the newest counts. */
export function withOrphanedToken(orphaned: readonly OrphanedToken[], added: OrphanedToken): OrphanedToken[] {
  return [...orphaned.filter(({ token }) => !sameName(token, added.token)), added].slice(-MAX_ORPHANED);
}

/** Whether a token is one of these, and not a later one of that name, or one that has been given other rights. */
export function isOrphaned(
  orphaned: readonly OrphanedToken[],
  { name, scopeMap, createdAt }: { readonly name: string; readonly scopeMap: string; readonly createdAt?: string },
): boolean {
  return orphaned.some(
    (one) =>
      sameName(one.token, name) &&
      sameName(one.scopeMap, scopeMap) &&
      createdAt !== undefined &&
      madeSince(createdAt, one.since) &&
      madeSince(one.until, createdAt),
  );
}
