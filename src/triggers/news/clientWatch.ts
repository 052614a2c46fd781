import { isYounger } from '../../domain/times/isYounger.js';
import type { ClientNews, NewsLook } from './clientNews.js';
import { AFTER_HINT, lookPause, LONGEST_PAUSE } from './lookPause.js';

/** Who waits for news of a client. */
export interface Waiter {
  /** Looks at the client by the waiter's own durable client. */
  readonly look: NewsLook;
  /** Called after each look. It leaves the watch when it has enough. */
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
  /** Whether a hint came after the look in progress had started, which may have read too early. */
  #isStale = false;
  #hintedAt: number | undefined;
  #acknowledged: string | undefined;
  #next: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;
  readonly #onIdle: () => void;

  /** @param onIdle called when nobody waits any more, and no look is in progress */
  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  /**
   * Waits for news: looks at once, or right after the look in progress. That one may have read the record before the
   * waiter's device got its key, and would tell it that the key has ended.
   * @param acknowledged what the waiter has read of it in the client's record, if it has
   */
  join(waiter: Waiter, acknowledged: string | undefined): void {
    this.#waiting.add(waiter);
    this.#acknowledged ??= acknowledged;
    if (!this.#isLooking) void this.#look();
  }

  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    if (this.#waiting.size > 0) return;
    this.#stopTimer();
    if (!this.#isLooking) this.#onIdle();
  }

  /** Looks again in a moment, and then in growing pauses. Many hints in a row put off no look. */
  hint(): void {
    this.#hintedAt = Date.now();
    if (this.#isLooking) this.#isStale = true;
    else if (this.#waiting.size > 0) this.#lookIn(AFTER_HINT);
  }

  async #look(): Promise<void> {
    this.#stopTimer();
    const waiter = [...this.#waiting].at(-1);
    if (!waiter) return;
    this.#isLooking = true;
    this.#isStale = false;
    const asked = new Set(this.#waiting);
    const needsRecord = isYounger(this.#hintedAt, LONGEST_PAUSE, Date.now());
    try {
      const news = await waiter.look({ acknowledged: this.#acknowledged, needsRecord });
      this.#isLooking = false;
      this.#tell(news, asked);
    } catch (error) {
      this.#isLooking = false;
      for (const one of asked) if (this.#waiting.has(one)) one.failed(error);
      this.#lookForOthers(asked);
    }
    if (this.#waiting.size === 0 && !this.#isLooking) this.#onIdle();
  }

  #tell(news: ClientNews, asked: ReadonlySet<Waiter>): void {
    if (news.record) this.#acknowledged = news.record.acknowledged;
    for (const one of asked) if (this.#waiting.has(one)) one.found(news);
    if (this.#waiting.size === 0 || this.#lookForOthers(asked)) return;
    const recent = { hintedAt: this.#hintedAt, changedAt: news.changedAt };
    this.#lookIn(this.#isStale ? AFTER_HINT : lookPause(recent, Date.now(), Math.random()));
  }

  /** Looks at once for those who came after the last look had started. @returns whether there are any */
  #lookForOthers(asked: ReadonlySet<Waiter>): boolean {
    const hasOthers = [...this.#waiting].some((one) => !asked.has(one));
    if (hasOthers) void this.#look();
    return hasOthers;
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
