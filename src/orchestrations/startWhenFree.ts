import type { OrchestrationContext } from 'durable-functions';
import type { OperationOutcome } from '../domain/operation.js';
import { formatOperationId } from '../domain/operationId.js';
import { clientKey } from '../domain/clientKey.js';
import type { WaitingRun } from '../domain/waitingRun.js';
import { Cancellation } from './cancellation.js';
import { StepFailed, type Flow } from './flow.js';
import { ProgressLog } from './progressLog.js';
import { StepRunner } from './stepRunner.js';

/** No run lasts longer than its waits together, which settings bound to days. */
const LONGEST_WAIT_SECONDS = 30 * 24 * 3600;

/** Looks that are further apart than a flow's retries keep the history of a long wait short. */
const PATIENCE = 5;

/**
 * Waits until no other run holds a client, then starts the run that it was given. A client's runs share one instance id,
 * and a run cannot follow itself there, so the one that waits has an instance of its own.
 */
export function* startWhenFree(context: OrchestrationContext): Flow<OperationOutcome> {
  const { kind, preempts, ...run } = context.df.getInput<WaitingRun>();
  const log = new ProgressLog(context);
  const operation = formatOperationId({ instance: clientKey(run.request), run: run.run });
  const { retryMaxSeconds } = run.limits;
  const runner = new StepRunner(context, { ...run.limits, retryMaxSeconds: retryMaxSeconds * PATIENCE }, log, {
    by: { operation, actor: run.actor },
    deadlineSeconds: LONGEST_WAIT_SECONDS,
    cancellation: new Cancellation(context, run.run),
  });
  const end = (outcome: Pick<OperationOutcome, 'status' | 'failure' | 'startedAs'>): OperationOutcome => {
    log.enter(outcome.status);
    return { ...outcome, endedAt: context.df.currentUtcDateTime.toISOString(), steps: log.steps };
  };

  log.enter('waiting');
  try {
    const { startedAs } = yield* runner.step('waitForOtherRun', () =>
      runner.steps.startRunWhenFree({ kind, run, preempts }),
    );
    return end({ status: 'completed', startedAs });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return end({
      status: 'rolledBack',
      failure: { code: error.code, message: error.message, residue: [], kept: [] },
    });
  }
}
