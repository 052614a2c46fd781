import type { Answer } from './api.js';
import { Polled, type PollWorld } from './polled.js';

/** How many things that nobody looks at are kept, so that "back" shows them at once. */
const KEPT = 20;

/** What is polled, by name: parts of a view that show the same thing ask for it once. */
export class PollBook {
  readonly #entries = new Map<string, Polled<unknown>>();

  constructor(private readonly world: PollWorld) {}

  /**
   * @param name says what is read and with which parameters; one name always has one type
   * @param every milliseconds between requests
   */
  of<T>(name: string, every: number, read: (etag: string | undefined) => Promise<Answer<T>>): Polled<T> {
    const known = this.#entries.get(name);
    const polled = known ?? new Polled<unknown>(this.world, every, read);
    // The latest is the last, and the first goes.
    this.#entries.delete(name);
    this.#entries.set(name, polled);
    for (const [old, one] of this.#entries) {
      if (this.#entries.size <= KEPT) break;
      if (!one.isWatched) this.#entries.delete(old);
    }
    return polled as Polled<T>;
  }

  /** Forgets everything, as when another operator signs in. */
  clear(): void {
    this.#entries.clear();
  }

  /** Asks for everything that is looked at now, as after an action. */
  refresh(): void {
    for (const polled of this.#entries.values()) polled.refresh();
  }
}
