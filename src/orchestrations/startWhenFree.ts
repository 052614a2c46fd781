import type { OrchestrationContext } from 'durable-functions';
import type { OperationOutcome } from '../domain/operations/operation.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import type { WaitingRun } from '../domain/operations/waitingRun.js';
import { StepFailed, type Flow } from './run/flow.js';
import { beginRun } from './run/runContext.js';

/** Longer than any run lasts: settings bound its waits to days. */
const LONGEST_WAIT_SECONDS = 30 * 24 * 3600;

/**
 * How much longer the longest pause between two looks is than a flow's: that keeps the history of a long wait short.
 */
const PATIENCE = 5;

/**
 * Waits until no other run holds a client, then starts the run that it was given. A client's runs share one instance
 * id, and a run cannot follow itself there, so the one that waits has an instance of its own.
 */
export function* startWhenFree(context: OrchestrationContext): Flow<OperationOutcome> {
  const { kind, preempts, ...run } = context.df.getInput<WaitingRun>();
  const patient = { ...run, limits: { ...run.limits, retryMaxSeconds: run.limits.retryMaxSeconds * PATIENCE } };
  const waiting = beginRun(context, { instance: clientKey(run.request), isCancellable: true }, patient);
  const { log, activities } = waiting.within(LONGEST_WAIT_SECONDS);
  try {
    const { startedAs } = yield* waiting.step('waitForOtherRun', () =>
      activities.startRunWhenFree({ kind, run, preempts }),
    );
    return log.close({ status: 'completed', startedAs });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return log.close({ status: 'rolledBack', failure: error.toFailure() });
  }
}
