import type { Clock, Timer } from '@connected-registry/clock/clock';

/** A clock that moves from one recorded exchange to the next, so that minutes take no time. */
export class ReplayClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ at: number; run: () => void }>();

  constructor(start: number) {
    this.#now = start;
  }

  now(): Date {
    return new Date(this.#now);
  }

  setTimer(at: Date, run: () => void): Timer {
    const timer = { at: at.getTime(), run };
    this.#timers.add(timer);
    // Never before this call has returned.
    setImmediate(() => this.#runDue());
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Moves forward to a time, never back. */
  moveTo(time: number): void {
    this.#now = Math.max(this.#now, time);
    this.#runDue();
  }

  #runDue(): void {
    for (const timer of this.#timers) if (timer.at <= this.#now && this.#timers.delete(timer)) timer.run();
  }
}
