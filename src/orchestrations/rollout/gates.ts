import type { Directive, RolloutPlan, RolloutRound, RoundReport } from '../../domain/rollouts/rollout.js';
import { frozenUntil } from '../../domain/schedules/freezeWindows.js';
import { backoffSeconds } from '../run/backoff.js';

/** Pauses between two rounds, in seconds: the longer, the more rounds have changed nothing. */
const ROUNDS = { first: 2, longest: 15 };

/** Why no row may start now; undefined if rows may start. The first of several reasons. */
export function waitOf(
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
  { idle }: Pick<RolloutRound, 'idle'>,
  now: Date,
): number {
  const seconds = status === 'running' && waits === undefined ? backoffSeconds(ROUNDS, idle + 1) : ROUNDS.longest;
  const left = waits?.until === undefined ? Infinity : Math.ceil((Date.parse(waits.until) - now.getTime()) / 1000);
  return Math.max(1, Math.min(seconds, left));
}
