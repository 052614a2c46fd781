import type { OrchestrationContext } from 'durable-functions';
import type { OperationOutcome } from '../domain/operations/operation.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { WaitingRun } from '../domain/operations/waitingRun.js';
import { Cancellation } from './run/cancellation.js';
import { StepFailed, type Flow } from './run/flow.js';
import { runParts } from './run/runParts.js';

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
  const cancellation = new Cancellation(context, run.run);
  const patient = { ...run, limits: { ...run.limits, retryMaxSeconds: run.limits.retryMaxSeconds * PATIENCE } };
  const parts = runParts(context, patient, { instance: clientKey(run.request), cancellation });
  const { log } = parts;
  const runner = parts.runner.within(LONGEST_WAIT_SECONDS);

  log.enter('waiting');
  try {
    const { startedAs } = yield* runner.step('waitForOtherRun', () =>
      runner.steps.startRunWhenFree({ kind, run, preempts }),
    );
    return log.close({ status: 'completed', startedAs });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return log.close({ status: 'rolledBack', failure: error.toFailure() });
  }
}
