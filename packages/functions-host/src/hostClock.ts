/** The host's only source of time. It can be replaced by a clock that jumps. */
import { realClock } from '@connected-registry/clock/clock';
import { followedClock } from '@connected-registry/clock/processClock';

/** A pending callback. Cancelling one that has run has no effect. */
export interface HostTimer {
  cancel(): void;
}

/** Returns the time and calls back at a time. */
export interface HostClock {
  now(): Date;
  /** Runs `run` once when `now()` has reached `at`; immediately, but asynchronously, if it is in the past. */
  setTimer(at: Date, run: () => void): HostTimer;
  /** Prevents jumps of the clock while `work` is in progress; absent for a clock that does not jump. */
  readonly working?: <T>(work: Promise<T>) => Promise<T>;
}

/** The clock that this process follows, if one was preloaded (packages/clock/src/preload.ts); else the machine's. */
export const systemClock = (): HostClock => followedClock() ?? realClock();
