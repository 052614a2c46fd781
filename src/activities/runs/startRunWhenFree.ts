import type { ClientOperationKind } from '@connected-registry/protocol/answers/answers';
import { compareWithLastRun } from '../../domain/events/eventOrder.js';
import { formatOperationId, parseOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import { done, failed, retryLater, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Runs } from '../../ports/runs.js';

interface StartRunWhenFreeInput {
  readonly kind: ClientOperationKind;
  readonly run: Run;
  /** Whether the client's present run is asked to stop. */
  readonly preempts: boolean;
}

/**
 * Starts the run unless its client has another one, which is asked to stop or waited for. A run that only waits is not
 * started if a newer request was fulfilled in the meantime.
 */
export function startRunWhenFree(
  { kind, run, preempts }: StartRunWhenFreeInput,
  runs: Runs,
): Promise<StepOutcome<{ readonly startedAs: string }>> {
  return outcomeOf(async () => {
    const last = await runs.present(run.request);
    // A repetition: an earlier call of this activity has started the run.
    if (last?.id.run === run.run) return done({ startedAs: formatOperationId(last.id) });
    const at = run.eventAt ?? run.requestedAt;
    const order = last && !preempts && compareWithLastRun(last, { kind, fingerprint: run.fingerprint, at });
    if (order) {
      const operation = formatOperationId(last.id);
      if (order === 'repeated') return done({ startedAs: operation });
      return failed(
        'stale-event',
        `operation ${operation} (${last.kind}) was requested later and replaces this request`,
      );
    }
    const result = await runs.start(kind, run);
    if (result.kind === 'running') return done({ startedAs: result.id });
    if (result.kind === 'unknown') return retryLater('the durable engine did not confirm the start');
    const blocking = parseOperationId(result.id);
    if (preempts && blocking) await runs.cancel(blocking, run.actor, 'preempted');
    return retryLater(`waiting for operation ${result.id} (${result.runningKind}) to end`);
  });
}
