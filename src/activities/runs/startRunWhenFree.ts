import type { ClientOperationKind } from '@connected-registry/protocol/answers/answers';
import { compareWithLastRun } from '../../domain/events/eventOrder.js';
import { formatOperationId, parseOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import { done, failed, retryLater, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Runs } from '../../ports/runs.js';

export interface StartRunWhenFreeInput {
  readonly kind: ClientOperationKind;
  readonly run: Run;
  /** Whether the run in the way is told to end. */
  readonly preempts: boolean;
}

/**
 * Starts the run unless another holds its client; that one is told to end, or waited for. Who only waits may be overtaken
 * meanwhile: what an operator has asked for since, and has got, is not replaced by an older wish.
 */
export function startRunWhenFree(
  { kind, run, preempts }: StartRunWhenFreeInput,
  runs: Runs,
): Promise<StepOutcome<{ readonly startedAs: string }>> {
  return outcomeOf(async () => {
    const last = await runs.present(run.request);
    // This activity comes again, and has started it before.
    if (last?.id.run === run.run) return done({ startedAs: formatOperationId(last.id) });
    const at = run.eventAt ?? run.requestedAt;
    const overtaken = last && !preempts && compareWithLastRun(last, { kind, fingerprint: run.fingerprint, at });
    if (overtaken) {
      const operation = formatOperationId(last.id);
      if (overtaken === 'repeated') return done({ startedAs: operation });
      return failed('stale-event', `operation ${operation} (${last.kind}) was asked for later, and counts`);
    }
    const result = await runs.start(kind, run);
    if (result.kind === 'running') return done({ startedAs: result.id });
    if (result.kind === 'unknown') return retryLater('the durable engine did not confirm the start');
    const inTheWay = parseOperationId(result.id);
    if (preempts && inTheWay) await runs.cancel(inTheWay, run.actor, 'preempted');
    return retryLater(`operation ${result.id} (${result.runningKind}) has not ended`);
  });
}
