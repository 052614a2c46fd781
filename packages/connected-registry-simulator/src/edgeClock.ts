import { processClock } from '@connected-registry/clock/processClock';

/** The edge's only source of time, so that a test or a simulation can stand still, jump or run fast. */
export interface EdgeClock {
  now(): Date;
  /** Runs `run` once at `at` (at once when that has passed) and returns a function that cancels it. */
  setTimer(at: Date, run: () => void): () => void;
}

const clock = processClock();

/**
 * The clock of this process: the machine's, or the one that it follows (the clock workspace). The edge's timers are its syncs, and a sync
 * that nobody waits for is no reason for a jumping clock to stop.
 */
export const systemClock: EdgeClock = {
  now: () => clock.now(),
  setTimer(at, run) {
    const timer = clock.setTimer(at, run, { background: true });
    return () => timer.cancel();
  },
};
