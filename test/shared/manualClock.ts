import type { Clock } from '@connected-registry/clock/clock';

/** A clock that only moves when a test advances it. */
export class ManualClock implements Clock {
  #now: number;
  #timers = new Set<{ at: number; run: () => void }>();

  constructor(start = new Date()) {
    this.#now = start.getTime();
  }

  now(): Date {
    return new Date(this.#now);
  }

  setTimer(at: Date, run: () => void): { cancel(): void } {
    const timer = { at: at.getTime(), run };
    if (timer.at <= this.#now) setImmediate(() => this.#fire(timer));
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Advances by this many seconds, and runs the timers that are due. */
  advance(seconds: number): void {
    this.#now += seconds * 1000;
    for (const timer of this.#timers) if (timer.at <= this.#now) this.#fire(timer);
  }

  /** Corrects the time. The timers wait for as long as before. */
  setBack(seconds: number): void {
    this.#now -= seconds * 1000;
    for (const timer of this.#timers) timer.at -= seconds * 1000;
  }

  /** Seconds from now to each timer, in order. */
  pending(): number[] {
    return [...this.#timers].map((timer) => (timer.at - this.#now) / 1000).sort((a, b) => a - b);
  }

  #fire(timer: { at: number; run: () => void }): void {
    if (this.#timers.delete(timer)) timer.run();
  }
}
