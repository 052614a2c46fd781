import type { OrchestrationContext } from 'durable-functions';
import type { FlowLimits } from '../../domain/operations/flowLimits.js';
import { later } from './flow.js';

/** Added to all the waits of a run: what an entity keeps for it ends with the run, and by this only if the run is lost. */
const GENEROUS_SECONDS = 14 * 24 * 3600;

/** An instant (ISO 8601) by which any run that begins now has long ended. */
export function runDeadline(context: OrchestrationContext, limits: FlowLimits): string {
  const { bindDeadlineSeconds, pullCheckDeadlineSeconds, stepDeadlineSeconds } = limits;
  const waits = bindDeadlineSeconds + pullCheckDeadlineSeconds + 4 * stepDeadlineSeconds;
  return later(context, waits + GENEROUS_SECONDS).toISOString();
}
