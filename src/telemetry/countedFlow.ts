import type { OrchestrationContext, Task } from 'durable-functions';
import type { Telemetry } from './telemetry.js';

/** What is looked at of a run's end, whatever its kind. */
interface Ended {
  readonly status: string;
  readonly startedAs?: string;
  readonly result?: object;
  readonly failure?: { readonly code: string; readonly residue: readonly string[] };
}

/**
 * The same flow, counted when it ends if anybody wants to know. A run is replayed at each of its turns, and only the last one is no replay; it may
 * be repeated after a kill, so counts are at least what happened.
 */
export function countedFlow<O extends Ended>(
  kind: string,
  flow: (context: OrchestrationContext) => Generator<Task, O, unknown>,
  telemetry: Telemetry | undefined,
): (context: OrchestrationContext) => Generator<Task, O, unknown> {
  if (!telemetry) return flow;
  return function* (context) {
    const ended = yield* flow(context);
    if (!context.df.isReplaying && ended.startedAs === undefined) tell(kind, ended, telemetry);
    return ended;
  };
}

function tell(kind: string, { status, result, failure }: Ended, telemetry: Telemetry): void {
  const code = failure?.code ?? 'none';
  telemetry.measure({ name: 'onboarding.operations', value: 1, dimensions: { kind, outcome: status, code } });
  const left = failure?.residue.length ?? 0;
  if (left > 0) telemetry.measure({ name: 'onboarding.residue', value: left, dimensions: { kind } });
  const seconds = secondsOfPull(result);
  if (seconds !== undefined)
    telemetry.measure({ name: 'onboarding.pull_check.seconds', value: seconds, dimensions: { kind } });
}

function secondsOfPull(result: object | undefined): number | undefined {
  const pull: unknown = result && 'pull' in result ? result.pull : undefined;
  return typeof pull === 'object' && pull !== null && 'milliseconds' in pull && typeof pull.milliseconds === 'number'
    ? pull.milliseconds / 1000
    : undefined;
}
