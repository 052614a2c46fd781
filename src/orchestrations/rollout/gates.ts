import type { Directive, RolloutPlan, RolloutRound, RoundReport } from '../../domain/rollouts/rollout.js';
import { frozenUntil } from '../../domain/schedules/freezeWindows.js';
import { backoffSeconds } from '../run/backoff.js';

/** Pauses between two rounds, in seconds: the longer, the more rounds have changed nothing. */
const ROUNDS = { first: 2, longest: 15 };

/** The pause before the next wave is entered, and the minimum of every pause. */
const SHORTEST = 1;

/**
 * Why no row may start now; undefined if rows may start. The first of several reasons. It never throws: an error here would end
 * the orchestration, and no command could reach it. Times that cannot be computed count as a freeze without an end.
 */
export function waitOf(plan: RolloutPlan, round: Pick<RolloutRound, 'waveEndedAt'>, now: Date): RoundReport['waits'] {
  try {
    return computedWait(plan, round, now);
  } catch {
    return { reason: 'freeze-window' };
  }
}

function computedWait(
  { startAt, freezeWindows, waves, dryRun }: RolloutPlan,
  { waveEndedAt }: Pick<RolloutRound, 'waveEndedAt'>,
  now: Date,
): RoundReport['waits'] {
  if (dryRun) return undefined;
  if (startAt !== undefined && new Date(startAt) > now) return { reason: 'start-time', until: startAt };
  const frozen = frozenUntil(freezeWindows, now);
  if (frozen) return { reason: 'freeze-window', until: frozen.toISOString() };
  if (waveEndedAt === undefined) return undefined;
  const until = new Date(Date.parse(waveEndedAt) + waves.pauseSeconds * 1000);
  return until > now ? { reason: 'between-waves', until: until.toISOString() } : undefined;
}

/** Seconds until the next round. An operator's command takes effect after that. */
export function pauseSeconds(
  { status }: Pick<Directive, 'status'>,
  waits: RoundReport['waits'],
  { idle, waveEndedAt }: Pick<RolloutRound, 'idle' | 'waveEndedAt'>,
  now: Date,
): number {
  const mayStart = status === 'running' && waits === undefined;
  if (mayStart && waveEndedAt !== undefined) return SHORTEST;
  const seconds = mayStart ? backoffSeconds(ROUNDS, idle + 1) : ROUNDS.longest;
  const left = waits?.until === undefined ? Infinity : Math.ceil((Date.parse(waits.until) - now.getTime()) / 1000);
  return Math.max(SHORTEST, Math.min(seconds, left));
}
