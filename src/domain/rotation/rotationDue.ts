import type { UnknownSync } from '@connected-registry/protocol/answers/rotationScheduleAnswer';
import { clientKey, shortHash } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../clients/clientRecord.js';
import { frozenUntil } from '../schedules/freezeWindows.js';
import { lifetimeMarks, type RotationPolicy } from './rotationPolicy.js';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { nextSync, type SyncFacts } from '@connected-registry/protocol/registry/syncSchedule';

/** When a client's credential should be rotated. */
export interface RotationTimes {
  readonly dueAt: Date;
  /** From then on the rotation takes priority and is no longer deferred for a sync. */
  readonly deadline: Date;
}

/** Ignore requests older than the credential: issuing it fulfilled them. @param issued milliseconds since 1970 */
const isAfter = (instant: string | undefined, issued: number): instant is string =>
  instant !== undefined && new Date(instant).getTime() > issued;

/**
 * Computes when a rotation is due. The result is stable: the spread comes from the client's name. Key Vault's
 * near-expiry event makes a rotation due earlier, but still spread, since such events arrive for a whole fleet at once.
 * After a failure it is due at the retry time. It is never due while consumers may still use the previous password.
 */
export function rotationTimes(
  tags: CredentialTags,
  record: ClientRecord,
  policy: Pick<RotationPolicy, 'rotateAfter' | 'spreadSeconds'>,
): RotationTimes {
  const issued = new Date(tags.issued.slotCreatedAt).getTime();
  const expires = new Date(tags.expiresOn).getTime();
  const { dueAfter, spread, deadlineAfter } = lifetimeMarks(Math.max(0, expires - issued) / 1000, policy);
  const deadline = issued + deadlineAfter * 1000;
  const byAge = issued + dueAfter * 1000;
  const { rotationDueSince: mark, retryRotationAt: retry } = record;
  const base = isAfter(mark, issued) ? Math.min(byAge, new Date(mark).getTime()) : byAge;
  const planned = Math.min(base + share(tags) * spread * 1000, Math.max(base, deadline));
  const requested = isAfter(retry, issued) ? new Date(retry).getTime() : planned;
  const slotFreeAt = tags.revokeOld ? new Date(tags.revokeOld.from).getTime() : 0;
  return { dueAt: new Date(Math.max(requested, slotFreeAt)), deadline: new Date(deadline) };
}

/** A client's position in the spread, 0 to 1, from a hash of its name. */
function share(tags: CredentialTags): number {
  return Number.parseInt(shortHash(['rotation', clientKey(tags)], 8), 16) / 0x1_0000_0000;
}

/** Why a rotation that is due is not started. */
type Deferral =
  | { readonly reason: 'freeze'; readonly until: string }
  /** The connected registry's next sync is too far away: the run would only wait for it. */
  | { readonly reason: 'sync'; readonly until: string }
  /** The connected registry has missed its syncs, so changes do not reach it. */
  | { readonly reason: 'offline' };

/** Whether a rotation is started now. */
export type RotationState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'deferred'; readonly by: Deferral }
  /** `isLate`: past its deadline. */
  | { readonly kind: 'due'; readonly isLate: boolean };

/** Delay, in seconds, after which an idle connected registry reports its syncs. */
const SYNC_GRACE_SECONDS = 900;

/** Decides whether to start a rotation at `now`. */
export function rotationState(
  times: RotationTimes,
  sync: SyncOfClient,
  policy: Pick<RotationPolicy, 'freezeWindows' | 'sweepGapSeconds'>,
  now: Date,
): RotationState {
  if (times.dueAt > now) return { kind: 'waiting' };
  const frozen = frozenUntil(policy.freezeWindows, now);
  if (frozen) return { kind: 'deferred', by: { reason: 'freeze', until: frozen.toISOString() } };
  const isLate = times.deadline <= now;
  // Past the deadline start anyway: a sweep may never meet a connected registry that is online only for minutes.
  if (isOffline(sync, now) && !isLate) return { kind: 'deferred', by: { reason: 'offline' } };
  const next = nextSync(sync.schedule, now);
  // Defer only if at least two sweeps come before the sync; otherwise the new password would miss it.
  // If the sync's time is unknown, the rotation starts and waits until a sync is reported.
  const isFar = next !== undefined && next.getTime() - now.getTime() > 2 * policy.sweepGapSeconds * 1000;
  if (isFar && !isLate) return { kind: 'deferred', by: { reason: 'sync', until: next.toISOString() } };
  return { kind: 'due', isLate };
}

/**
 * Facts about the sync of a client's connected registry; absent facts are unknown. `worstGapSeconds`: longest time
 * between syncs, including those of its ancestors.
 */
export type SyncOfClient = Pick<SyncFacts, 'schedule' | 'lastSyncTime'> & {
  readonly worstGapSeconds?: number;
  /** Whether the connected registry exists; absent if not read. */
  readonly isThere?: boolean;
  /** Whether ARM returns its sync token. A connected registry that uses a managed identity has none. */
  readonly hasSyncToken?: boolean;
};

/**
 * Lists which sync facts are unknown. Unknown facts do not defer a rotation; the run waits for what ARM reports.
 */
export function unknownSyncFacts(sync: SyncOfClient, now: Date): readonly UnknownSync[] {
  const { isThere, hasSyncToken, lastSyncTime, worstGapSeconds, schedule } = sync;
  if (isThere === false) return ['connectedRegistry'];
  return [
    ...(worstGapSeconds === undefined || nextSync(schedule, now) === undefined ? (['schedule'] as const) : []),
    ...(lastSyncTime === undefined ? (['lastSync'] as const) : []),
    ...(hasSyncToken === false ? (['syncToken'] as const) : []),
  ];
}

function isOffline({ lastSyncTime, worstGapSeconds }: SyncOfClient, now: Date): boolean {
  // Without its last sync and the time between syncs, it cannot be called late.
  if (lastSyncTime === undefined || worstGapSeconds === undefined) return false;
  return now.getTime() - new Date(lastSyncTime).getTime() > (worstGapSeconds + SYNC_GRACE_SECONDS) * 1000;
}
