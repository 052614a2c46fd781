/** Calls back for what is due, with one timer of the host's clock for all. */
import type { HostClock, HostTimer } from '../../hostClock.js';
import { DueHeap } from './heap.js';

/** See the file's comment. */
export class Alarm {
  readonly #clock: HostClock;
  readonly #heap = new DueHeap<() => void>();
  #timer: HostTimer | undefined;
  #timerDue = 0;
  #stopped = false;

  constructor(clock: HostClock) {
    this.#clock = clock;
  }

  /** Runs `run` when the clock has reached `due` (ms), soon when it has. */
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
