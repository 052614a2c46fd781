import type { HostClock, HostTimer } from '../src/hostClock.js';

/** Time that passes in jumps, for the engine and for the app's own setTimeout. */
export class VirtualTime implements HostClock {
  #now: number;
  readonly #timers = new Set<{ at: number; run: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): Date {
    return new Date(this.#now);
  }

  setTimer(at: Date, run: () => void): HostTimer {
    const timer = { at: at.getTime(), run };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** What takes the place of the global setTimeout: a pause in an activity is one in this time. */
  readonly setTimeout = (run: () => void, milliseconds = 0): HostTimer =>
    this.setTimer(new Date(this.#now + milliseconds), run);

  /** When the next timer is due. */
  get due(): Date | undefined {
    const first = this.#first();
    return first && new Date(first.at);
  }

  /** Goes on to the first timer that is due by a time; false when there is none. */
  step(until: number): boolean {
    const first = this.#first();
    if (first === undefined || first.at > until) return false;
    this.#timers.delete(first);
    this.#now = Math.max(this.#now, first.at);
    first.run();
    return true;
  }

  /** Goes on to a time at which nothing is due. */
  skipTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }

  #first(): { at: number; run: () => void } | undefined {
    let first: { at: number; run: () => void } | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }
}
