import { realClock, type Clock } from './clock.js';

/** The clock of a process that follows one over the network; it is kept from jumping while `work` is under way. */
export interface FollowedClock extends Clock {
  readonly working: <T>(work: Promise<T>) => Promise<T>;
}

const key = Symbol.for('connected-registry-onboarding.clock');

/** Makes a clock this process's own, for all copies of this module. */
export function setProcessClock(clock: FollowedClock): void {
  Reflect.set(globalThis, key, clock);
}

/** The clock that was preloaded into this process (preload.ts); undefined where it lives in the machine's time. */
export function followedClock(): FollowedClock | undefined {
  return Reflect.get(globalThis, key) as FollowedClock | undefined;
}

/** The clock that this process lives by. */
export const processClock = (): Clock => followedClock() ?? realClock();
