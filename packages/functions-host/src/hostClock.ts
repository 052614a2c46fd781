/** The host's only source of time, so that it can be replaced by one that jumps. */
import { realClock } from '@connected-registry/clock/clock';
import { followedClock } from '@connected-registry/clock/processClock';

/** A pending call; cancelling one that has run does nothing. */
export interface HostTimer {
  cancel(): void;
}

/** Reads the time and calls back at a time. */
export interface HostClock {
  now(): Date;
  /** Runs `run` once when `now()` has reached `at`; at once (asynchronously) when it lies in the past. */
  setTimer(at: Date, run: () => void): HostTimer;
  /** Keeps the clock from jumping while `work` is under way; absent where it does not jump. */
  readonly working?: <T>(work: Promise<T>) => Promise<T>;
}

/** The clock that this process follows, if one was preloaded (packages/clock/src/preload.ts), else the machine's. */
export const systemClock = (): HostClock => followedClock() ?? realClock();
