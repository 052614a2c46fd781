import { Cron } from 'croner';
import { durationSeconds } from './durations.js';

/** What decides when a change made in the cloud can be known at the edge. Times are ISO 8601, UTC. */
export interface SyncFacts {
  /** Cron expression in UTC; a connected registry without one is always online and syncs every minute. */
  readonly schedule?: string;
  readonly lastSyncTime?: string;
  readonly connectionState?: string;
}

/** Source: azure-cli, `az acr connected-registry create --help` (--sync-schedule). */
export const CONTINUOUS_SCHEDULE = '* * * * *';

/** Milliseconds. */
const MINUTE = 60_000;

/** Time that a sync may need to bring its news over, in seconds, before another look is worth while. */
export const SYNC_SLACK_SECONDS = 10;

/**
 * The next instant after `after` at which a sync begins. An expression that cannot be read counts as continuous: the
 * service accepted it, so the worst case is looking more often than needed.
 */
export function nextSync(schedule: string | undefined, after: Date): Date {
  return nextOf(cronOf(schedule), after);
}

/** Longest time between two syncs, in seconds, among the next `count` of them. */
export function worstSyncGapSeconds(schedule: string | undefined, after: Date, count = 50): number {
  const cron = cronOf(schedule);
  if (cron === undefined) return MINUTE / 1000;
  let longest = 0;
  let previous = after;
  for (let index = 0; index < count; index += 1) {
    const next = nextOf(cron, previous);
    if (index > 0) longest = Math.max(longest, (next.getTime() - previous.getTime()) / 1000);
    previous = next;
  }
  return longest;
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
 * news at the start of one sync, or at the end of the next one's window.
 */
export function worstWaySeconds(way: readonly SyncStop[], after: Date): number {
  return way.reduce(
    (sum, { schedule, syncWindow }) =>
      sum + worstSyncGapSeconds(schedule, after) + (durationSeconds(syncWindow ?? '') ?? 0),
    0,
  );
}

/** The expression read, once for all that is asked of it; undefined when it is every minute, which needs no looking. */
function cronOf(schedule = CONTINUOUS_SCHEDULE): Cron | undefined {
  if (schedule === CONTINUOUS_SCHEDULE) return undefined;
  try {
    return new Cron(schedule, { timezone: 'UTC', paused: true });
  } catch {
    return undefined;
  }
}

function nextOf(cron: Cron | undefined, after: Date): Date {
  const minute = new Date((Math.floor(after.getTime() / MINUTE) + 1) * MINUTE);
  return cron === undefined ? minute : (cron.nextRun(after) ?? new Date(after.getTime() + MINUTE));
}
