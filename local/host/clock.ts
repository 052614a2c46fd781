/** The host's only source of time, so that it can be replaced by one that jumps. */

/** A pending call; cancelling one that has run does nothing. */
export interface HostTimer {
  cancel(): void;
}

/** Reads the time and calls back at a time. */
export interface HostClock {
  now(): Date;
  /** Runs `run` once when `now()` has reached `at`; at once (asynchronously) when it lies in the past. */
  setTimer(at: Date, run: () => void): HostTimer;
}

/** Longest wait of one setTimeout: 2^31 - 1 ms, about 24.8 days; anything longer fires at once. */
const longestWait = 0x7fffffff;

/** The machine's clock. Waits longer than setTimeout can count are made of several. */
export const systemClock: HostClock = {
  now: () => new Date(),
  setTimer(at, run) {
    let handle: NodeJS.Timeout;
    const wait = (): void => {
      const left = at.getTime() - Date.now();
      handle = left > longestWait ? setTimeout(wait, longestWait) : setTimeout(check, Math.max(0, left));
    };
    // setTimeout may be up to a millisecond early against Date, and Date may have been set back.
    const check = (): void => (at.getTime() > Date.now() ? wait() : run());
    wait();
    return { cancel: () => clearTimeout(handle) };
  },
};
