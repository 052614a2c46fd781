import type { ClientNews, Look } from './clientNews.js';
import { AFTER_HINT, lookPause, LONGEST_PAUSE } from './lookPause.js';

/** Who waits for news of a client. */
export interface Waiter {
  /** Looks at the client by the waiter's own durable client. */
  readonly look: Look;
  /** Told of each look. It leaves the watch when it has enough. */
  readonly found: (news: ClientNews) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Looks at one client for all requests of this process that wait for its news, one look at a time, as long as anyone
 * waits. Between looks it has one timer.
 */
export class ClientWatch {
  readonly #waiting = new Set<Waiter>();
  #isLooking = false;
  /** Whether a hint came after the look in progress had begun, which may have read too early. */
  #isStale = false;
  /** Whether a waiter came after the look in progress had begun. */
  #isLate = false;
  #hintedAt: number | undefined;
  #acknowledged: string | undefined;
  #next: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;

  /** Whether nobody waits any more. */
  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  /**
   * Waits for news: looks at once, or right after the look in progress. That one may have read the record before the waiter's
   * device got its key, and would tell it that the key has ended.
   * @param acknowledged what the waiter has read of it in the client's record, if it has
   */
  join(waiter: Waiter, acknowledged: string | undefined): void {
    this.#waiting.add(waiter);
    this.#acknowledged ??= acknowledged;
    if (this.#isLooking) this.#isLate = true;
    else void this.#look();
  }

  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    if (this.isIdle) this.#stopTimer();
  }

  /** Looks again in a moment, and then in growing pauses. Many hints in a row put off no look. */
  hint(): void {
    this.#hintedAt = Date.now();
    if (this.#isLooking) this.#isStale = true;
    else if (!this.isIdle) this.#lookIn(AFTER_HINT);
  }

  async #look(): Promise<void> {
    this.#stopTimer();
    const waiter = [...this.#waiting].at(-1);
    if (!waiter) return;
    this.#isLooking = true;
    this.#isStale = false;
    this.#isLate = false;
    const asked = [...this.#waiting];
    const needsRecord = this.#hintedAt !== undefined && Date.now() - this.#hintedAt < LONGEST_PAUSE;
    try {
      const news = await waiter.look({ acknowledged: this.#acknowledged, needsRecord });
      this.#isLooking = false;
      this.#tell(news, asked);
    } catch (error) {
      this.#isLooking = false;
      for (const one of asked) if (this.#waiting.has(one)) one.failed(error);
      if (this.#isLate) void this.#look();
    }
  }

  #tell(news: ClientNews, asked: readonly Waiter[]): void {
    if (news.record) this.#acknowledged = news.record.acknowledged;
    for (const one of asked) if (this.#waiting.has(one)) one.found(news);
    if (this.isIdle) return;
    if (this.#isLate) return void this.#look();
    const recent = { hintedAt: this.#hintedAt, changedAt: news.changedAt };
    this.#lookIn(this.#isStale ? AFTER_HINT : lookPause(recent, Date.now(), Math.random()));
  }

  /** @param milliseconds from now; a look that is due earlier stays */
  #lookIn(milliseconds: number): void {
    const at = Date.now() + milliseconds;
    if (this.#next && this.#next.at <= at) return;
    this.#stopTimer();
    this.#next = { timer: setTimeout(() => void this.#look(), milliseconds), at };
  }

  #stopTimer(): void {
    clearTimeout(this.#next?.timer);
    this.#next = undefined;
  }
}
