import type { EdgeClock } from '../edgeClock.js';
import type { Log } from '../log.js';
import type { SyncPlan, SyncSchedule } from './schedule.js';
import { SyncFailure } from './source.js';

export interface SyncLoop {
  /** Resolves after the first successful sync; immediately if an earlier run has synced and no window is open. */
  first: Promise<void>;
  /** When the next sync is due; undefined while one is in progress, and after stop. */
  nextDue(): Date | undefined;
  /** Why the last sync failed; undefined if it succeeded. */
  failing(): string | undefined;
  stop(): void;
}

export interface SyncLoopOptions {
  /** Runs one sync that was due at that time. An error ends that sync, and the loop continues. */
  sync: (due: Date) => Promise<void>;
  clock: EdgeClock;
  schedule: SyncSchedule;
  /** The connected registry's own times; undefined before its first sync. */
  plan: () => SyncPlan | undefined;
  log: Log;
}

/**
 * Syncs on schedule, one sync at a time. While syncs fail, the registry continues to serve the last synced content. The
 * log has the first failure of each reason and the next success, not every attempt.
 */
export function startSyncLoop({ sync, clock, schedule, plan, log }: SyncLoopOptions): SyncLoop {
  let failing: string | undefined;
  let stopped = false;
  let due: Date | undefined;
  let cancelTimer = () => {};
  let succeeded = () => {};
  const first = new Promise<void>((resolve) => {
    succeeded = resolve;
  });

  async function run(wasDue: Date): Promise<void> {
    const started = clock.now();
    due = undefined;
    try {
      await sync(wasDue);
      if (stopped) return;
      if (failing !== undefined) log('synced again');
      failing = undefined;
      succeeded();
    } catch (error) {
      const reason = error instanceof SyncFailure ? error.message : `sync failed (${String(error)})`;
      if (reason !== failing) log('sync failed, serving the last synced content', { reason });
      failing = reason;
    }
    if (!stopped) runAt(schedule.next(started, plan()));
  }

  function runAt(time: Date): void {
    due = time;
    cancelTimer = clock.setTimer(time, () => void run(time));
  }

  const firstSync = schedule.first(clock.now(), plan());
  if (firstSync <= clock.now()) void run(firstSync);
  else {
    succeeded();
    runAt(firstSync);
  }
  return {
    first,
    nextDue: () => due,
    failing: () => failing,
    stop() {
      stopped = true;
      due = undefined;
      cancelTimer();
    },
  };
}
