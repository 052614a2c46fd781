/**
 * The time that the stand-in lives in: expiry, replication, delivery retries. A jumping clock is put in from outside;
 * socket timeouts and the polls of asynchronous operations stay on real time.
 */
export interface Clock {
  now(): Date;
  /** Runs `run` once, at `at` or as soon after it as possible. */
  setTimer(at: Date, run: () => void): { cancel(): void };
}

/** The longest delay that a Node timer takes, in milliseconds. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** The clock of this process. */
export const systemClock: Clock = {
  now: () => new Date(),
  setTimer(at, run) {
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const delay = at.getTime() - Date.now();
      handle = delay > LONGEST_DELAY ? setTimeout(arm, LONGEST_DELAY) : setTimeout(run, Math.max(0, delay));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};
