import type { NewsHints } from '../../ports/newsHints.js';
import type { ClientNews, NewsLook } from './clientNews.js';
import { ClientWatch, type Waiter } from './clientWatch.js';

/** A client whose news a request waits for. */
export interface Watched {
  /** The client's key. */
  readonly key: string;
  readonly look: NewsLook;
  /** What its record said of it, if the request has read that. */
  readonly acknowledged?: string | undefined;
}

/** What a request waits for. */
export interface Awaited<T> {
  readonly clients: readonly Watched[];
  /** What to answer by the last look at each client, in their order; undefined: wait. */
  readonly judge: (news: readonly ClientNews[]) => T | undefined;
  /** Milliseconds to wait; with 0 each client is looked at once. */
  readonly wait: number;
  /** Ends the waiting at once, also during a look. */
  readonly signal: AbortSignal;
}

/** The clients that requests of this process wait for. */
export class ClientWatches implements NewsHints {
  readonly #watches = new Map<string, ClientWatch>();

  /** Number of clients that are looked at. */
  get size(): number {
    return this.#watches.size;
  }

  hint(key: string): void {
    this.#watches.get(key)?.hint();
  }

  /**
   * Looks at each client at least once, and then until there is something to answer.
   *
   * @returns undefined if there was nothing in time, or the signal has aborted
   * @throws what a look has thrown
   */
  async first<T>({ clients, judge, wait, signal }: Awaited<T>): Promise<T | undefined> {
    const found = new Map<string, ClientNews>();
    const ending = new AbortController();
    try {
      return await new Promise<T | undefined>((resolve, reject) => {
        let isOver = wait === 0;
        const settle = (): void => {
          const news = clients.flatMap(({ key }) => found.get(key) ?? []);
          if (news.length < clients.length) return;
          const answer = judge(news);
          if (answer !== undefined || isOver) resolve(answer);
        };
        const endWait = (): void => {
          isOver = true;
          settle();
        };
        signal.addEventListener('abort', () => resolve(undefined), { signal: ending.signal });
        const timer = wait === 0 ? undefined : setTimeout(endWait, wait);
        ending.signal.addEventListener('abort', () => clearTimeout(timer));
        for (const { key, look, acknowledged } of clients) {
          const take = (news: ClientNews): void => {
            found.set(key, news);
            settle();
          };
          const waiter: Waiter = { look, found: take, failed: reject };
          ending.signal.addEventListener('abort', () => this.#leave(key, waiter));
          this.#watchOf(key).join(waiter, acknowledged);
        }
      });
    } finally {
      ending.abort();
    }
  }

  #watchOf(key: string): ClientWatch {
    const watch = this.#watches.get(key) ?? new ClientWatch(() => this.#watches.delete(key));
    this.#watches.set(key, watch);
    return watch;
  }

  #leave(key: string, waiter: Waiter): void {
    this.#watches.get(key)?.leave(waiter);
  }
}
