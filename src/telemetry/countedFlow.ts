import type { OrchestrationContext, Task } from 'durable-functions';
import type { Telemetry } from './telemetry.js';

/** The part of a run's outcome that is counted, whatever the run's kind. */
interface Ended {
  readonly status: string;
  readonly startedAs?: string;
  readonly result?: object;
  readonly failure?: { readonly code: string; readonly residue: readonly string[] };
}

/**
 * Wraps a flow so that its end is counted. The engine replays a run at each turn, so only the end outside a replay
 * counts. After a crash the last turn may run again: a run is counted at least once.
 *
 * @param telemetry undefined when the app sends no telemetry: the flow is returned as it is.
 */
export function countedFlow<O extends Ended>(
  kind: string,
  flow: (context: OrchestrationContext) => Generator<Task, O, unknown>,
  telemetry: Telemetry | undefined,
): (context: OrchestrationContext) => Generator<Task, O, unknown> {
  if (!telemetry) return flow;
  return function* (context) {
    const ended = yield* flow(context);
    if (!context.df.isReplaying && ended.startedAs === undefined) count(kind, ended, telemetry);
    return ended;
  };
}

function count(kind: string, { status, result, failure }: Ended, telemetry: Telemetry): void {
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
