import type { Budgets } from './budgets.js';
import { earliest, freeTokens } from './placement.js';
import type { Bucket } from './rate.js';
import type { Priority } from '../../domain/operations/priority.js';

/**
 * Places calls that have no turn. A call takes its token only when it is sent, so calls in progress count: otherwise
 * all that start at the same time would choose the same principal.
 */
export class LoneCalls {
  /** Number of calls in progress, by the bucket's name. */
  readonly #inProgress = new Map<string, number>();

  constructor(readonly budgets: Budgets) {}

  /**
   * Makes a call with the principal whose bucket allows its first request first.
   *
   * @param bucketOf the bucket that a principal's first request takes a token of.
   */
  async make<T>(
    principals: readonly [string, ...string[]],
    bucketOf: (principal: string) => Bucket,
    priority: Priority,
    now: number,
    call: (principal: string) => Promise<T>,
  ): Promise<T> {
    const dueAt = (principal: string): number => {
      const bucket = bucketOf(principal);
      const at = Math.max(now, this.budgets.of(bucket, now).loneAt(priority, now));
      return at + this.#missing(bucket, now) * (1000 / bucket.rate.perSecond);
    };
    const freeOf = (principal: string): number =>
      freeTokens(this.budgets, [bucketOf(principal)], now) - this.#count(bucketOf(principal));
    const principal = earliest(principals, dueAt, freeOf)?.choice ?? principals[0];
    const { name } = bucketOf(principal);
    this.#inProgress.set(name, (this.#inProgress.get(name) ?? 0) + 1);
    try {
      return await call(principal);
    } finally {
      this.#inProgress.set(name, (this.#inProgress.get(name) ?? 1) - 1);
    }
  }

  #count({ name }: Bucket): number {
    return this.#inProgress.get(name) ?? 0;
  }

  /** How many of the calls in progress find no token now. */
  #missing(bucket: Bucket, now: number): number {
    const count = this.#count(bucket);
    return Math.min(count, Math.max(0, count - freeTokens(this.budgets, [bucket], now)));
  }
}
