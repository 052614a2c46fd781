import { rankOf, type Priority } from '../../domain/operations/priority.js';
import type { Rate } from '../../domain/resourceManager/rates.js';

/**
 * A bucket of one service: its name is unique, and contains the service, the scope of the limit and the kind of
 * request.
 */
export interface Bucket {
  readonly name: string;
  /** The published rate, with which a new bucket starts. */
  readonly rate: Rate;
}

/** Tokens, and maximum share of the capacity, that a priority leaves in the bucket for each more urgent priority. */
const LEFT = { tokens: 10, share: 0.05 };

/** Tokens that requests of this priority leave in the bucket, so that more urgent ones need not wait. */
export function leftTokens(priority: Priority, capacity: number): number {
  return rankOf(priority) * Math.min(LEFT.tokens, LEFT.share * capacity);
}
