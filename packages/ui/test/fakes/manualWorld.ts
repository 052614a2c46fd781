import type { PollWorld } from '../../src/data/polled.js';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** Time that moves when a test says so, and a page that it shows and hides. */
export class ManualWorld implements PollWorld {
  #now = 1_000_000;
  #isVisible = true;
  readonly #timers = new Set<Timer>();
  readonly #listeners = new Set<() => void>();

  readonly now = () => this.#now;
  readonly isVisible = () => this.#isVisible;
  readonly random = () => 0;

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#now + milliseconds, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  onVisibility(call: () => void): () => void {
    this.#listeners.add(call);
    return () => void this.#listeners.delete(call);
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  get listening(): number {
    return this.#listeners.size;
  }

  show(isVisible: boolean): void {
    this.#isVisible = isVisible;
    for (const call of this.#listeners) call();
  }

  /** Lets time pass, and what waits for it happen, in order. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await pendingWork();
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
      await pendingWork();
    }
    this.#now = until;
  }
}

/** Lets everything that is already decided happen. */
async function pendingWork(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
