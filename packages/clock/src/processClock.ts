import { realClock, type Clock } from './clock.js';

/** The clock of a process that follows one over the network. */
export interface FollowedClock extends Clock {
  /** Keeps the clock from jumping until `work` has ended. */
  readonly working: <T>(work: Promise<T>) => Promise<T>;
}

const key = Symbol.for('connected-registry-onboarding.clock');

/** Sets the clock of this process, for all copies of this module. */
export function setProcessClock(clock: FollowedClock): void {
  Reflect.set(globalThis, key, clock);
}

/** The clock that was preloaded into this process (preload.ts); undefined if it uses the machine's time. */
export function followedClock(): FollowedClock | undefined {
  return Reflect.get(globalThis, key) as FollowedClock | undefined;
}

/** The clock of this process: the one that it follows, or the machine's. */
export const processClock = (): Clock => followedClock() ?? realClock();
