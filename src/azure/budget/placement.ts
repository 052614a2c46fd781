import type { Priority } from '../../domain/operations/priority.js';
import type { Budgets } from './budgets.js';
import type { Bucket } from './rate.js';

/** Tokens of one bucket. */
export interface Need {
  readonly bucket: Bucket;
  readonly tokens: number;
}

/** What one principal's buckets must have so that it can send the requests of some work. */
export interface Choice {
  readonly principal: string;
  readonly needs: readonly Need[];
}

/** A piece of work that asks for its turn before it starts. */
export interface TurnOrder {
  /** Identifies the work: it finds its reservation by the key when it asks again. */
  readonly key: string;
  readonly priority: Priority;
  /** Many other callers wait for this work: it comes before all other work of its priority. */
  readonly servesMany: boolean;
  /**
   * The requests that it will probably send, for each principal that may send them. One of them sends all; empty for
   * work without.
   */
  readonly choices: readonly Choice[];
}

/** A principal for some work, and the time at which it can send the work's requests. */
export interface Placed<C> {
  readonly choice: C;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Finds the principal that can serve first. Of several that can serve at the same time it is the one with the most free
 * tokens, since a full bucket does not grow.
 *
 * @param dueAt when a choice can serve, in milliseconds since the epoch.
 * @param freeOf tokens that a choice has and no caller holds.
 * @returns undefined without a choice.
 */
export function earliest<C>(
  choices: readonly C[],
  dueAt: (choice: C) => number,
  freeOf: (choice: C) => number,
): Placed<C> | undefined {
  let first: (Placed<C> & { readonly free: number }) | undefined;
  for (const choice of choices) {
    const at = dueAt(choice);
    const free = choices.length > 1 ? freeOf(choice) : 0;
    if (!first || at < first.at || (at === first.at && free > first.free)) first = { choice, at, free };
  }
  return first;
}

/** The tokens that no caller holds, of the bucket with the fewest. */
export function freeTokens(budgets: Budgets, buckets: readonly Bucket[], now: number): number {
  return Math.min(...buckets.map((bucket) => budgets.of(bucket, now).free(now)));
}
