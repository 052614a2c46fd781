import { setImmediate as nextRound } from 'node:timers/promises';

import type { HostTimer } from '../src/hostClock.js';
import { VirtualTime } from './virtualTime.js';

/** A clock that stands still until it is moved, and then runs what has come due, in order. */
export class JumpingClock extends VirtualTime {
  readonly #early: number;

  /** `early`: timers fire this many milliseconds too soon, as those of a drifting clock do. */
  constructor(now: string, early = 0) {
    super(Date.parse(now));
    this.#early = early;
  }

  override setTimer(at: Date, run: () => void): HostTimer {
    return super.setTimer(new Date(at.getTime() - this.#early), run);
  }

  /** Moves to a time; each timer runs at its own time, and what it starts gets a chance to go on. */
  async jumpTo(time: string): Promise<void> {
    const end = Date.parse(time);
    do await runUntilIdle();
    while (this.step(end));
    this.skipTo(end);
    await runUntilIdle();
  }
}

/** Lets promises and file operations end, however busy the machine is. */
async function runUntilIdle(): Promise<void> {
  for (let quiet = 0; quiet < 20; quiet += 1) {
    await nextRound();
    if (process.getActiveResourcesInfo().some((name) => /^(FSReq|CloseReq)/i.test(name))) quiet = -1;
  }
}
