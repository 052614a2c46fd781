import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { SyncSchedule } from './schedule.js';
import type { Snapshot } from './snapshot.js';
import { SyncFailure } from './source.js';
import type { SyncSource } from './source.js';

export interface SyncLoop {
  /** Settles after the first sync that succeeded. */
  first: Promise<void>;
  /** When the next sync is due; undefined while one is on its way, and after stop. */
  nextDue(): Date | undefined;
  stop(): void;
}

export interface SyncLoopOptions {
  source: SyncSource;
  clock: Clock;
  schedule: SyncSchedule;
  log: Log;
  /** The state of an earlier run, if any. */
  known: Snapshot | undefined;
  /** Takes a state into use; called after every sync that succeeded. */
  apply: (state: Snapshot) => Promise<void>;
}

/**
 * Syncs at once and then on schedule, one at a time. While the control plane cannot be reached or refuses, the registry
 * goes on with what it has; that is logged when it starts and when it ends, not at every try.
 */
export function startSyncLoop({ source, clock, schedule, log, known, apply }: SyncLoopOptions): SyncLoop {
  let last = known;
  let failing: string | undefined;
  let stopped = false;
  let due: Date | undefined;
  let cancelTimer = () => {};
  let succeeded = () => {};
  const first = new Promise<void>((resolve) => {
    succeeded = resolve;
  });

  async function sync(): Promise<void> {
    const started = clock.now();
    due = undefined;
    try {
      const state = await source(last?.generation);
      if (stopped) return;
      await apply(state);
      if (failing !== undefined || last === undefined) log('synced', { generation: state.generation });
      last = state;
      failing = undefined;
      succeeded();
    } catch (error) {
      const reason = error instanceof SyncFailure ? error.message : `sync failed (${String(error)})`;
      if (reason !== failing) log('sync failed, serving what is here', { reason });
      failing = reason;
    }
    if (stopped) return;
    due = schedule(started, last?.connectedRegistry.schedule ?? undefined);
    cancelTimer = clock.setTimer(due, () => void sync());
  }

  void sync();
  return {
    first,
    nextDue: () => due,
    stop() {
      stopped = true;
      due = undefined;
      cancelTimer();
    },
  };
}
