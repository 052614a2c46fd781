/** The edge's only source of time, so that a test or a simulation can stand still, jump or run fast. */
export interface Clock {
  now(): Date;
  /** Runs `run` once at `at` (at once when that has passed) and returns a function that cancels it. */
  setTimer(at: Date, run: () => void): () => void;
}

/** Longest delay a Node timer holds (32-bit milliseconds); beyond it Node would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  setTimer(at, run) {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const delay = at.getTime() - Date.now();
      timer = delay > LONGEST_DELAY ? setTimeout(arm, LONGEST_DELAY) : setTimeout(run, Math.max(0, delay));
    };
    arm();
    return () => clearTimeout(timer);
  },
};
