import { LONGEST_TIMEOUT, type Clock, type Timer, type TimerOptions } from './clock.js';

/**
 * How local time relates to the machine's time: when the machine's time was `real`, local time was `now`, and since
 * then `scale` milliseconds of local time pass per millisecond of the machine's. A jump sets a later `now`. `real` and
 * `now` are milliseconds since the epoch.
 */
export interface Timeline {
  readonly real: number;
  readonly now: number;
  readonly scale: number;
}

// The machine's time, also after `Date` has been replaced (replacedDate.ts).
const realNow = Date.now;

/** The local time at this moment. */
export const timeOf = ({ real, now, scale }: Timeline): number => now + (realNow() - real) * scale;

/** A timeline that continues from `now` at another pace. */
export const timelineFrom = (now: number, scale: number): Timeline => ({ real: realNow(), now, scale });

interface Entry {
  readonly at: number;
  readonly run: () => void;
  readonly background: boolean;
}

/** A clock that runs at any pace and can be moved forward. Its timers run at their times, in order. */
export class TimelineClock implements Clock {
  #timeline: Timeline;
  readonly #timers = new Set<Entry>();
  #wake: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  #held = false;

  constructor(timeline: Timeline = timelineFrom(realNow(), 1)) {
    this.#timeline = timeline;
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  now(): Date {
    return new Date(this.milliseconds());
  }

  /** The time as `Date.now()` returns it. */
  milliseconds(): number {
    return Math.floor(timeOf(this.#timeline));
  }

  setTimer(at: Date, run: () => void, { background = false }: TimerOptions = {}): Timer {
    const entry = { at: at.getTime(), run, background };
    this.#timers.add(entry);
    if (entry.at < this.#wakeAt) this.#arm();
    return {
      cancel: () => {
        this.#timers.delete(entry);
      },
    };
  }

  /** When the first timer is due, apart from background timers. */
  nextDue(): Date | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (const { at, background } of this.#timers) if (!background && at < first) first = at;
    return Number.isFinite(first) ? new Date(first) : undefined;
  }

  /**
   * Follows another timeline from now on. With `hold`, no timer runs before {@link release}, so that all processes
   * have the new time first.
   */
  follow(timeline: Timeline, { hold = false }: { hold?: boolean } = {}): void {
    this.#timeline = timeline;
    this.#held = hold;
    this.#arm();
  }

  /** Allows timers to run again. */
  release(): void {
    this.#held = false;
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#wake);
    clearImmediate(this.#soon);
    this.#wakeAt = Number.POSITIVE_INFINITY;
    if (this.#held) return;
    for (const { at } of this.#timers) this.#wakeAt = Math.min(this.#wakeAt, at);
    if (!Number.isFinite(this.#wakeAt)) return;
    const wait = Math.ceil((this.#wakeAt - timeOf(this.#timeline)) / this.#timeline.scale);
    // A timer that is already due is work in progress; a real timeout would not count as such (see activity.ts).
    if (wait <= 0) this.#soon = setImmediate(() => this.#ring());
    else this.#wake = setTimeout(() => this.#ring(), Math.min(wait, LONGEST_TIMEOUT));
  }

  #ring(): void {
    const now = this.milliseconds();
    const due = [...this.#timers].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    this.#wakeAt = Number.POSITIVE_INFINITY;
    for (const entry of due) if (this.#timers.delete(entry)) entry.run();
    this.#arm();
  }
}
