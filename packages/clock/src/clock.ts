/** A started timer. Cancelling one that has run, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

/** How a timer counts. */
export interface TimerOptions {
  /** Nothing waits for it: a clock that jumps does not stop at its time, it runs when the time has passed. Default false. */
  background?: boolean;
}

/** What a local process asks for the time, so that one clock can stand behind all of them. */
export interface Clock {
  now(): Date;
  /** Runs `run` once, as soon as {@link Clock.now} is not before `at`; never before this call has returned. */
  setTimer(at: Date, run: () => void, options?: TimerOptions): Timer;
}

/**
 * Longest wait, in milliseconds, that Node's setTimeout keeps: it counts in a signed 32-bit integer (24.8 days) and fires
 * at once when given more. See "setTimeout" in the Node.js documentation of timers.
 */
export const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The machine's own clock. Waits of any length are split so that none overflows. */
export function realClock(): Clock {
  return {
    now: () => new Date(),
    setTimer(at, run) {
      let timeout: NodeJS.Timeout;
      const wait = (): void => {
        const left = at.getTime() - Date.now();
        if (left > LONGEST_TIMEOUT) timeout = setTimeout(wait, LONGEST_TIMEOUT);
        // setTimeout may fire a millisecond early by the wall clock, so the time is looked at again.
        else timeout = setTimeout(() => (Date.now() < at.getTime() ? wait() : run()), Math.max(0, left));
      };
      wait();
      return { cancel: () => clearTimeout(timeout) };
    },
  };
}
