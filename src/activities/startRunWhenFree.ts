import type { ClientOperationKind } from '../domain/answers.js';
import { parseOperationId } from '../domain/operationId.js';
import type { Run } from '../domain/run.js';
import { done, retryLater, type StepOutcome } from '../domain/stepOutcome.js';
import { outcomeOf } from '../ports/outcomeOf.js';
import type { Runs } from '../ports/runs.js';

export interface StartRunWhenFreeInput {
  readonly kind: ClientOperationKind;
  readonly run: Run;
  /** Whether the run in the way is told to end. */
  readonly preempts: boolean;
}

/** Starts the run unless another holds its client; that one is told to end, or waited for. */
export function startRunWhenFree(
  { kind, run, preempts }: StartRunWhenFreeInput,
  runs: Runs,
): Promise<StepOutcome<{ readonly startedAs: string }>> {
  return outcomeOf(async () => {
    const result = await runs.start(kind, run);
    if (result.kind === 'running') return done({ startedAs: result.id });
    if (result.kind === 'unknown') return retryLater('the durable engine did not confirm the start');
    const inTheWay = parseOperationId(result.id);
    if (preempts && inTheWay) await runs.cancel(inTheWay, run.actor, 'preempted');
    return retryLater(`operation ${result.id} (${result.runningKind}) has not ended`);
  });
}
