/** The timers of an app. */
import type { HostClock } from '../hostClock.js';
import type { FunctionIndex } from '../indexing.js';
import type { HostLog } from '../log/log.js';
import type { AppFunction, LoadedApp } from '../worker/app.js';
import { scheduleOf } from './schedule.js';
import { fileScheduleStore } from './scheduleStatus.js';
import { startTimer, type TimerListener } from './timer.js';

export interface Timers {
  /** Runs a timer's function once, independently of its schedule; undefined if the function has no timer. */
  runNow(fn: AppFunction): Promise<void> | undefined;
  /** Stops all schedules. Resolves when running occurrences have ended. */
  stop(): Promise<void>;
}

/** Starts every served timer function that is not disabled. */
export async function startTimers(options: {
  readonly app: LoadedApp;
  readonly index: FunctionIndex;
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: HostClock;
  readonly log: HostLog;
}): Promise<Timers> {
  const { app, index, dataDir, environment, clock, log } = options;
  const store = fileScheduleStore(dataDir);
  const listeners = new Map<string, TimerListener>();
  for (const fn of index.served) {
    if (fn.triggerType.toLowerCase() !== 'timertrigger' || index.isDisabled(fn)) continue;
    const schedule = scheduleOf(fn, environment);
    listeners.set(fn.name, await startTimer({ app, fn, schedule, store, clock, log }));
  }
  return {
    runNow: (fn) => listeners.get(fn.name)?.runNow(),
    stop: async () => {
      await Promise.all([...listeners.values()].map((listener) => listener.stop()));
    },
  };
}
