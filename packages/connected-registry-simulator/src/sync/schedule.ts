import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import { CONTINUOUS_SCHEDULE, nextSync } from '@connected-registry/protocol/registry/syncSchedule';

/** The sync times of a connected registry, as received in its last sync. */
export interface SyncPlan {
  /** Cron expression, UTC. */
  schedule?: string | undefined;
  /** ISO 8601 duration; absent if there are no windows. */
  syncWindow?: string | undefined;
}

export interface SyncSchedule {
  /** The first sync of a run: immediately, or when the next window opens. */
  first(now: Date, plan: SyncPlan | undefined): Date;
  /** The sync after one that started at `last`. */
  next(last: Date, plan: SyncPlan | undefined): Date;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Syncs `seconds` after the last start, ignoring the connected registry's own schedule. */
export function everySeconds(seconds: number): SyncSchedule {
  return { first: (now) => now, next: (last) => new Date(last.getTime() + seconds * 1000) };
}

/**
 * Syncs at the connected registry's own times. Without a schedule it is always online and syncs every minute (Azure
 * CLI: `az acr connected-registry create --sync-schedule`, default `* * * * *`). With a window it is online for that
 * long after each time of the schedule, and syncs every minute during it (Azure docs: intro-connected-registry, sync
 * window). One that has never synced does so immediately, which activates it.
 */
export const bySchedule: SyncSchedule = {
  first(now, plan) {
    if (plan === undefined || windowOf(plan) === undefined || isOpen(now, plan)) return now;
    return nextStart(now, plan);
  },
  next(last, plan = {}) {
    const soon = new Date(last.getTime() + MINUTE);
    return windowOf(plan) !== undefined && isOpen(soon, plan) ? soon : nextStart(last, plan);
  },
};

function windowOf({ syncWindow }: SyncPlan): number | undefined {
  const seconds = durationSeconds(syncWindow ?? '');
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Whether a window is open, which is true if one started less than its length ago. */
function isOpen(at: Date, plan: SyncPlan): boolean {
  const start = nextStart(new Date(at.getTime() - (windowOf(plan) ?? 0)), plan);
  return start <= at;
}

function nextStart(after: Date, { schedule }: SyncPlan): Date {
  const expression = schedule === '' ? CONTINUOUS_SCHEDULE : schedule;
  // With an invalid schedule, or one without a future time, the registry does not sync; it checks again after a day.
  return nextSync(expression, after) ?? new Date(after.getTime() + DAY);
}
