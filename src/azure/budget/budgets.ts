import type { Bucket } from './rate.js';
import { RateBudget } from './rateBudget.js';

/** The budgets of all buckets that this process uses, by the bucket's name. */
export class Budgets {
  readonly #byName = new Map<string, RateBudget>();

  /** The budget of a bucket. It starts full on first use. */
  of({ name, rate }: Bucket, now: number): RateBudget {
    const known = this.#byName.get(name);
    if (known) return known;
    const budget = new RateBudget(rate, now);
    this.#byName.set(name, budget);
    return budget;
  }
}
