import { processClock } from '@connected-registry/clock/processClock';

/** The edge's only source of time. A test or a simulation can stop it, make it jump or speed it up. */
export interface EdgeClock {
  now(): Date;
  /**
   * Runs `run` once at `at` (immediately if that has passed).
   * @returns a function that cancels it
   */
  setTimer(at: Date, run: () => void): () => void;
}

const clock = processClock();

/**
 * The clock of this process: the machine's, or the one that it follows (the clock workspace). The edge's timers are its
 * syncs, and a jumping clock does not need to stop for a sync that nothing waits for.
 */
export const systemClock: EdgeClock = {
  now: () => clock.now(),
  setTimer(at, run) {
    const timer = clock.setTimer(at, run, { background: true });
    return () => timer.cancel();
  },
};
