/** A started timer. Cancelling it again, or after it has run, has no effect. */
export interface Timer {
  cancel(): void;
}

/** Options of a timer. */
export interface TimerOptions {
  /**
   * True if nothing waits for the timer: a jumping clock does not stop at its time, and it runs once the time has
   * passed. Default false.
   */
  background?: boolean;
}

/** The source of time of a local process, so that one clock can serve all of them. */
export interface Clock {
  now(): Date;
  /** Runs `run` once, when {@link Clock.now} has reached `at`. It never runs before this call has returned. */
  setTimer(at: Date, run: () => void, options?: TimerOptions): Timer;
}

/**
 * Maximum delay of Node's setTimeout in milliseconds: a signed 32-bit integer (24.8 days). Longer delays fire
 * immediately. See "setTimeout" in the Node.js documentation of timers.
 */
export const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The machine's clock. Long waits are split so that none exceeds the maximum. */
export function realClock(): Clock {
  return {
    now: () => new Date(),
    setTimer(at, run) {
      let timeout: NodeJS.Timeout;
      const wait = (): void => {
        const left = at.getTime() - Date.now();
        if (left > LONGEST_TIMEOUT) timeout = setTimeout(wait, LONGEST_TIMEOUT);
        // setTimeout may fire a millisecond early by the wall clock, so check the time again.
        else timeout = setTimeout(() => (Date.now() < at.getTime() ? wait() : run()), Math.max(0, left));
      };
      wait();
      return { cancel: () => clearTimeout(timeout) };
    },
  };
}
