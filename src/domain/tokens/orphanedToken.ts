import { madeSince } from './madeSince.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/**
 * A token that a run created and did not remove, because its client was revoked in the meantime or the removal failed.
 * The client's record keeps it, since no secret may name it.
 */
export interface OrphanedToken {
  readonly token: string;
  readonly scopeMap: string;
  /** ISO 8601: a time at which the token did not exist yet. */
  readonly since: string;
  /** ISO 8601: a time after the run's last write. */
  readonly until: string;
}

/** Maximum orphaned tokens in a client's record; the newest are kept. */
const MAX_ORPHANED = 10;

/** Adds a token, replacing one of the same name. */
export function withOrphanedToken(orphaned: readonly OrphanedToken[], added: OrphanedToken): OrphanedToken[] {
  return [...orphaned.filter(({ token }) => !sameName(token, added.token)), added].slice(-MAX_ORPHANED);
}

/** Whether a token is one of these, and not a later one of that name or one with another scope map. */
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
