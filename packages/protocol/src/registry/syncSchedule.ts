import { longestGapSeconds, nextTime, type CronTimes } from '@connected-registry/clock/schedules/cronTimes';
import { durationSeconds } from './durations.js';
import { isEveryMinute, parseSyncCron } from './syncCron.js';

/** What decides when a change made in the cloud can be known at the edge. Times are ISO 8601, UTC. */
export interface SyncFacts {
  /** Cron expression in UTC; a connected registry without one is always online and syncs every minute. */
  readonly schedule?: string;
  readonly lastSyncTime?: string;
}

/** Source: azure-cli, `az acr connected-registry create --help` (--sync-schedule). */
export const CONTINUOUS_SCHEDULE = '* * * * *';
/** From sync to sync of a connected registry that is always online. */
export const CONTINUOUS_GAP_SECONDS = 60;

/** Time that a sync may need to bring its news over, in seconds, before another look is worth while. */
export const SYNC_SLACK_SECONDS = 10;

/** Pauses between looks at a connected registry whose next sync is not known, in seconds. */
const LOOK_AGAIN_SECONDS = { first: 60, longest: 3600 };

/**
 * The next instant after `after` at which a sync begins. Undefined: unknown, since the schedule cannot be read or names no
 * time that comes. Whoever waits then follows what ARM reports of the syncs (`lookAgainSeconds`).
 */
export function nextSync(schedule: string | undefined, after: Date): Date | undefined {
  const times = timesOf(schedule);
  return times && nextTime(times, after);
}

/** Longest time between two syncs, in seconds. Undefined: unknown, as above. */
export function worstSyncGapSeconds(schedule: string | undefined, after: Date): number | undefined {
  const times = timesOf(schedule);
  return times && longestGapSeconds(times, after);
}

/** Whether it is always online: it syncs every minute, in whatever words. */
export function isContinuous(schedule: string | undefined): boolean {
  const times = timesOf(schedule);
  return times !== undefined && isEveryMinute(times);
}

/** How long to wait for a sync of unknown time before looking again: longer and longer. @param looks that were in vain */
export function lookAgainSeconds(looks: number): number {
  return Math.min(LOOK_AGAIN_SECONDS.longest, LOOK_AGAIN_SECONDS.first * 2 ** Math.min(looks, 10));
}

/** A connected registry on the way from the cloud to a client. */
export interface SyncStop {
  readonly name: string;
  readonly schedule?: string;
  /** How long it stays connected from each start of its schedule: an ISO 8601 duration. */
  readonly syncWindow?: string;
}

/**
 * Longest time, in seconds, until a change in the cloud is at the end of a chain of connected registries: each brings its
 * news at the start of one sync, or at the end of the next one's window. Undefined when it is unknown of one of them.
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

/** Those whose schedule or window cannot be read, so that nobody can tell when they sync. */
export function unreadableStops(syncPath: readonly SyncStop[], after: Date): SyncStop[] {
  return syncPath.filter((stop) => worstPathSeconds([stop], after) === undefined);
}

function timesOf(schedule = CONTINUOUS_SCHEDULE): CronTimes | undefined {
  return parseSyncCron(schedule);
}
