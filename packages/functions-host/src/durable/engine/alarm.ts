/** Callbacks at due times, with one timer of the host's clock for all of them. */
import type { HostClock, HostTimer } from '../../hostClock.js';
import { DueHeap } from './heap.js';

/** A set of due times with their callbacks. */
export class Alarm {
  readonly #clock: HostClock;
  readonly #heap = new DueHeap<() => void>();
  #timer: HostTimer | undefined;
  #timerDue = 0;
  #stopped = false;

  constructor(clock: HostClock) {
    this.#clock = clock;
  }

  /** Runs `run` when the clock has reached `due` (ms), or soon if it has passed. */
  at(due: number, run: () => void): void {
    this.#heap.push(due, run);
    this.#set();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #set(): void {
    const due = this.#heap.nextDue;
    if (this.#stopped || due === undefined) return;
    if (this.#timer !== undefined) {
      if (this.#timerDue <= due) return;
      this.#timer.cancel();
    }
    this.#timerDue = due;
    this.#timer = this.#clock.setTimer(new Date(due), () => {
      this.#timer = undefined;
      this.#ring();
    });
  }

  #ring(): void {
    if (this.#stopped) return;
    const now = this.#clock.now().getTime();
    for (;;) {
      const run = this.#heap.take(now);
      if (run === undefined) break;
      run();
    }
    this.#set();
  }
}
