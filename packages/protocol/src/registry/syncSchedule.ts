import { longestGapSeconds, nextTime, type CronTimes } from '@connected-registry/clock/schedules/cronTimes';
import { durationSeconds } from './durations.js';
import { isEveryMinute, parseSyncCron } from './syncCron.js';

/** Facts that determine when a change in the cloud can be known at the edge. Times are ISO 8601, UTC. */
export interface SyncFacts {
  /** Cron expression in UTC. A connected registry without one is always online and syncs every minute. */
  readonly schedule?: string;
  readonly lastSyncTime?: string;
}

/** Source: azure-cli, `az acr connected-registry create --help` (--sync-schedule). */
export const CONTINUOUS_SCHEDULE = '* * * * *';
/** Seconds between syncs of a connected registry that is always online. */
export const CONTINUOUS_GAP_SECONDS = 60;

/** Seconds that a sync may need to transfer its changes, before another check is useful. */
export const SYNC_SLACK_SECONDS = 10;

/** Pauses between checks of a connected registry whose next sync is unknown, in seconds. */
const LOOK_AGAIN_SECONDS = { first: 60, longest: 3600 };

/**
 * The next instant after `after` at which a sync starts. Undefined if unknown, because the schedule is unreadable or
 * names no future time; then follow the syncs that ARM reports (`lookAgainSeconds`).
 */
export function nextSync(schedule: string | undefined, after: Date): Date | undefined {
  const times = timesOf(schedule);
  return times && nextTime(times, after);
}

/** Maximum seconds between two syncs. Undefined if unknown, as above. */
export function worstSyncGapSeconds(schedule: string | undefined, after: Date): number | undefined {
  const times = timesOf(schedule);
  return times && longestGapSeconds(times, after);
}

/** Whether it is always online: its schedule is every minute, however it is written. */
export function isContinuous(schedule: string | undefined): boolean {
  const times = timesOf(schedule);
  return times !== undefined && isEveryMinute(times);
}

/**
 * Seconds to wait for a sync of unknown time before the next check; grows with each check.
 * @param looks number of checks without a result
 */
export function lookAgainSeconds(looks: number): number {
  return Math.min(LOOK_AGAIN_SECONDS.longest, LOOK_AGAIN_SECONDS.first * 2 ** Math.min(looks, 10));
}

/** A connected registry on the sync path from the cloud to a client. */
export interface SyncStop {
  readonly name: string;
  readonly schedule?: string;
  /** How long it stays connected after each start of its schedule: an ISO 8601 duration. */
  readonly syncWindow?: string;
}

/**
 * Maximum seconds until a change in the cloud reaches the end of a chain of connected registries: each transfers it at
 * the start of one sync, or at the end of the next one's window. Undefined if it is unknown for one of them.
 */
export function worstPathSeconds(syncPath: readonly SyncStop[], after: Date): number | undefined {
  let sum = 0;
  for (const { schedule, syncWindow } of syncPath) {
    const gap = worstSyncGapSeconds(schedule, after);
    const window = syncWindow === undefined ? 0 : durationSeconds(syncWindow);
    if (gap === undefined || window === undefined) return undefined;
    sum += gap + window;
  }
  return sum;
}

/** Connected registries whose schedule or window is unreadable, so that their syncs cannot be predicted. */
export function unreadableStops(syncPath: readonly SyncStop[], after: Date): SyncStop[] {
  return syncPath.filter((stop) => worstPathSeconds([stop], after) === undefined);
}

function timesOf(schedule = CONTINUOUS_SCHEDULE): CronTimes | undefined {
  return parseSyncCron(schedule);
}
