import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import { CONTINUOUS_SCHEDULE, nextSync } from '@connected-registry/protocol/registry/syncSchedule';

/** When a connected registry is to sync, as it came with its last sync. */
export interface SyncPlan {
  /** Cron expression, UTC. */
  schedule?: string | undefined;
  /** ISO 8601 duration; without one there are no windows. */
  syncWindow?: string | undefined;
}

export interface SyncSchedule {
  /** The first sync of a run: at once, or when the next window opens. */
  first(now: Date, plan: SyncPlan | undefined): Date;
  /** The sync after one that began at `last`. */
  next(last: Date, plan: SyncPlan | undefined): Date;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Syncs `seconds` after the last start, whatever the connected registry's own schedule says. */
export function everySeconds(seconds: number): SyncSchedule {
  return { first: (now) => now, next: (last) => new Date(last.getTime() + seconds * 1000) };
}

/**
 * Syncs at the connected registry's own times. Without any it is always online and syncs every minute (Azure CLI:
 * `az acr connected-registry create --sync-schedule`, default `* * * * *`). With a window it is online from each time of
 * the schedule for that long, and syncs every minute meanwhile (Azure docs: intro-connected-registry, sync window). One
 * that has never synced does so at once: that is its activation.
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

/** Whether the window that opened last is still open: then a start lies less than a window back. */
function isOpen(at: Date, plan: SyncPlan): boolean {
  const start = nextStart(new Date(at.getTime() - (windowOf(plan) ?? 0)), plan);
  return start <= at;
}

function nextStart(after: Date, { schedule }: SyncPlan): Date {
  const expression = schedule === '' ? CONTINUOUS_SCHEDULE : schedule;
  // One that cannot be read, or never comes again, leaves the registry on what it has; it looks again in a day.
  return nextSync(expression, after) ?? new Date(after.getTime() + DAY);
}
