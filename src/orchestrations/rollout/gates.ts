import type { Directive, RoundReport } from '../../domain/rollouts/controlState.js';
import type { RolloutRound } from '../../domain/rollouts/rollout.js';
import { backoffSeconds } from '../run/backoff.js';

/** Pauses between two rounds, in seconds: the longer, the more rounds have changed nothing. */
const ROUNDS = { first: 3, longest: 15 };

/** The same while only few rows are open: their ends are that of the rollout. */
const LAST_ROUNDS = { first: 1, longest: 15 };

/** Maximum open rows that count as few. */
const FEW = 100;

/**
 * Rounds without a change that may have missed ends, since they do not read all operations. Only after these the pauses
 * grow.
 */
const UNLUCKY = 20;

/** The pause before the next wave is entered, and the minimum of every pause. */
const SHORTEST = 1;

/**
 * Seconds until the next round. An operator's command takes effect after that.
 * @param open number of rows that have not ended
 */
export function pauseSeconds(
  { status }: Pick<Directive, 'status'>,
  waits: RoundReport['waits'],
  { idle, waveEndedAt, hasUnread }: Pick<RolloutRound, 'idle' | 'waveEndedAt' | 'hasUnread'>,
  open: number,
  now: Date,
): number {
  const mayStart = status === 'running' && waits === undefined;
  if (mayStart && waveEndedAt !== undefined) return SHORTEST;
  const unchanged = hasUnread === true ? Math.max(0, idle - UNLUCKY) : idle;
  // A paused rollout learns of all ends in the meantime, so that operators see how it stands before they resume it.
  const hasMore = status === 'paused' && hasUnread === true && unchanged === 0;
  const longest = hasMore ? ROUNDS.first : ROUNDS.longest;
  const seconds = mayStart ? backoffSeconds(open <= FEW ? LAST_ROUNDS : ROUNDS, unchanged + 1) : longest;
  const left = waits?.until === undefined ? Infinity : Math.ceil((Date.parse(waits.until) - now.getTime()) / 1000);
  return Math.max(SHORTEST, Math.min(seconds, left));
}
