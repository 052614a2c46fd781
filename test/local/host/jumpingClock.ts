import { setImmediate as nextRound } from 'node:timers/promises';

import type { HostClock } from '../../../local/host/clock.js';

/** A clock that stands still until it is moved, and then runs what has come due, in order. */
export class JumpingClock implements HostClock {
  #now: number;
  readonly #timers = new Set<{ at: number; run: () => void }>();

  readonly #early: number;

  /** `early`: timers fire this many milliseconds too soon, as those of a drifting clock do. */
  constructor(now: string, early = 0) {
    this.#now = Date.parse(now);
    this.#early = early;
  }

  now(): Date {
    return new Date(this.#now);
  }

  setTimer(at: Date, run: () => void): { cancel(): void } {
    const timer = { at: at.getTime() - this.#early, run };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** When the next timer is due. */
  get due(): Date | undefined {
    const first = Math.min(...[...this.#timers].map(({ at }) => at));
    return Number.isFinite(first) ? new Date(first) : undefined;
  }

  /** Moves to a time; each timer runs at its own time, and what it starts gets a chance to go on. */
  async jumpTo(time: string): Promise<void> {
    const end = Date.parse(time);
    for (;;) {
      await settle();
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets promises and file operations end, however busy the machine is. */
async function settle(): Promise<void> {
  for (let quiet = 0; quiet < 20; quiet += 1) {
    await nextRound();
    if (process.getActiveResourcesInfo().some((name) => /^(FSReq|CloseReq)/i.test(name))) quiet = -1;
  }
}
