import { frozenUntil } from '../schedules/freezeWindows.js';
import type { RolloutPlan, RolloutRound } from './rollout.js';
import type { RoundReport } from './controlState.js';

/**
 * Why no row may start now; undefined if rows may start. The first of several reasons. It never throws: an error here
 * would end the orchestration, and no command could reach it. Times that cannot be computed count as a freeze without
 * an end.
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
