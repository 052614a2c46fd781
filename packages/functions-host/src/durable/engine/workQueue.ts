/** Runs work in order of arrival, with a maximum number at the same time. */

/** A queue with bounded concurrency. */
export class WorkQueue {
  readonly #limit: number;
  /** Work up to `#next` has started; references to it are released. */
  readonly #waiting: ((() => Promise<void>) | undefined)[] = [];
  #next = 0;
  #running = 0;
  #stopped = false;
  #idle: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds work, which must not reject. */
  add(work: () => Promise<void>): void {
    if (this.#stopped) return;
    this.#waiting.push(work);
    this.#start();
  }

  /** Starts no more work, and resolves when running work has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.length = 0;
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #start(): void {
    while (this.#running < this.#limit && this.#next < this.#waiting.length) {
      const work = this.#waiting[this.#next];
      this.#waiting[this.#next] = undefined;
      this.#next += 1;
      if (work !== undefined) this.#run(work);
    }
    if (this.#next > 1024 && this.#next * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
  }

  #run(work: () => Promise<void>): void {
    this.#running += 1;
    void work().finally(() => {
      this.#running -= 1;
      if (this.#stopped) {
        if (this.#running === 0) for (const wake of this.#idle.splice(0)) wake();
      } else this.#start();
    });
  }
}
