import type { UnknownSync } from '@connected-registry/protocol/answers/rotationScheduleAnswer';
import { clientKey, shortHash } from '@connected-registry/protocol/names/clientKey';
import type { ClientRecord } from '../clients/clientRecord.js';
import { frozenUntil } from '../schedules/freezeWindows.js';
import { lifeMarks, type RotationPolicy } from './rotationPolicy.js';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import { nextSync, type SyncFacts } from '@connected-registry/protocol/registry/syncSchedule';

/** When a client's credential is to be rotated. */
export interface RotationTimes {
  readonly dueAt: Date;
  /** From then on it goes before others, and waits for no convenient moment. */
  readonly deadline: Date;
}

/** A wish older than the credential has been granted by it. */
const isAfter = (instant: string | undefined, issued: number): instant is string =>
  instant !== undefined && new Date(instant).getTime() > issued;

/**
 * The same for the same client whenever it is asked: the spread comes from the client's name. A mark (Key Vault's
 * near-expiry event) makes it due earlier, spread all the same, since such events come for a whole fleet at once. After a
 * failure it is due when the failed run said. Never while consumers may still use the password before the present one.
 */
export function rotationTimes(
  tags: CredentialTags,
  record: ClientRecord,
  policy: Pick<RotationPolicy, 'rotateAfter' | 'spreadSeconds'>,
): RotationTimes {
  const issued = new Date(tags.issued.slotCreatedAt).getTime();
  const expires = new Date(tags.expiresOn).getTime();
  const { dueAfter, spread, deadlineAfter } = lifeMarks(Math.max(0, expires - issued) / 1000, policy);
  const deadline = issued + deadlineAfter * 1000;
  const byAge = issued + dueAfter * 1000;
  const { rotationDueSince: mark, retryRotationAt: retry } = record;
  const base = isAfter(mark, issued) ? Math.min(byAge, new Date(mark).getTime()) : byAge;
  const planned = Math.min(base + share(tags) * spread * 1000, Math.max(base, deadline));
  const wanted = isAfter(retry, issued) ? new Date(retry).getTime() : planned;
  const free = tags.revokeOld ? new Date(tags.revokeOld.from).getTime() : 0;
  return { dueAt: new Date(Math.max(wanted, free)), deadline: new Date(deadline) };
}

/** Where in the spread a client lies: 0 to 1, as evenly as its name's hash. */
function share(tags: CredentialTags): number {
  return Number.parseInt(shortHash(['rotation', clientKey(tags)], 8), 16) / 0x1_0000_0000;
}

/** What keeps a rotation that is due from being started. */
export type Deferral =
  | { readonly reason: 'freeze'; readonly until: string }
  /** It would only wait for the connected registry's next sync, which is far. */
  | { readonly reason: 'sync'; readonly until: string }
  /** The connected registry has not synced as it should: nothing reaches it. */
  | { readonly reason: 'offline' };

export type RotationState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'deferred'; readonly by: Deferral }
  /** `isLate`: past its deadline. */
  | { readonly kind: 'due'; readonly isLate: boolean };

/** An idle connected registry tells the cloud of its syncs with some delay, in seconds. */
const SYNC_GRACE_SECONDS = 900;

/** Whether a rotation is to be started at `now`. */
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
  // Past the deadline the new password is made all the same: one that is online for minutes only is never met by a sweep.
  if (isOffline(sync, now) && !isLate) return { kind: 'deferred', by: { reason: 'offline' } };
  const next = nextSync(sync.schedule, now);
  // The next sweep but one must come before the sync, or its news would miss it.
  // A sync whose time is unknown is not waited for here: the rotation itself waits until one is reported.
  const isFar = next !== undefined && next.getTime() - now.getTime() > 2 * policy.sweepGapSeconds * 1000;
  if (isFar && !isLate) return { kind: 'deferred', by: { reason: 'sync', until: next.toISOString() } };
  return { kind: 'due', isLate };
}

/** What is known of a client's connected registry; `worstGapSeconds` counts what it syncs through, too; absent: unknown. */
export type SyncOfClient = Pick<SyncFacts, 'schedule' | 'lastSyncTime'> & {
  readonly worstGapSeconds?: number;
  /** Whether the registry has this connected registry; absent: nobody looked. */
  readonly isThere?: boolean;
  /** Whether Azure names the token that it syncs by: one that signs in with a managed identity has none. */
  readonly hasSyncToken?: boolean;
};

/**
 * What of a sync is unknown: then a rotation is neither deferred for it nor known to be in time, and the run itself waits
 * for what Resource Manager reports.
 */
export function unknownOf(sync: SyncOfClient, now: Date): readonly UnknownSync[] {
  const { isThere, hasSyncToken, lastSyncTime, worstGapSeconds, schedule } = sync;
  if (isThere === false) return ['connectedRegistry'];
  return [
    ...(worstGapSeconds === undefined || nextSync(schedule, now) === undefined ? (['schedule'] as const) : []),
    ...(lastSyncTime === undefined ? (['lastSync'] as const) : []),
    ...(hasSyncToken === false ? (['syncToken'] as const) : []),
  ];
}

function isOffline({ lastSyncTime, worstGapSeconds }: SyncOfClient, now: Date): boolean {
  // Without its last sync, or how far apart its syncs are, nobody can tell that it is late.
  if (lastSyncTime === undefined || worstGapSeconds === undefined) return false;
  return now.getTime() - new Date(lastSyncTime).getTime() > (worstGapSeconds + SYNC_GRACE_SECONDS) * 1000;
}
