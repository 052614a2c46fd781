import type { EdgeClock } from '../src/edgeClock.js';

/** A clock that only moves when a test advances it. */
export interface ManualClock extends EdgeClock {
  /** Advances by this many seconds, runs the timers that are due, and then lets the event loop turn once. */
  advance(seconds: number): Promise<void>;
}

export function createManualClock(start = new Date('2030-01-01T00:00:00Z')): ManualClock {
  let time = start.getTime();
  const timers = new Set<{ at: number; run: () => void }>();
  return {
    now: () => new Date(time),
    setTimer(at, run) {
      const timer = { at: at.getTime(), run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(seconds) {
      time += seconds * 1000;
      for (const timer of [...timers].filter(({ at }) => at <= time)) {
        timers.delete(timer);
        timer.run();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
