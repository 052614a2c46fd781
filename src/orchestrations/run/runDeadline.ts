import type { RunContext } from './runContext.js';

/**
 * Added to all waits of a run. What an entity keeps for a run ends with the run, and by this deadline only if the run
 * is lost.
 */
const GENEROUS_SECONDS = 14 * 24 * 3600;

/** An instant (ISO 8601) by which a run that begins now has certainly ended. */
export function runDeadline(run: RunContext): string {
  const { bindDeadlineSeconds, pullCheckDeadlineSeconds, stepDeadlineSeconds } = run.limits;
  const waits = bindDeadlineSeconds + pullCheckDeadlineSeconds + 4 * stepDeadlineSeconds;
  return run.later(waits + GENEROUS_SECONDS).toISOString();
}
