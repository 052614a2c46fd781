import type { Operation, OperationKind } from '../../domain/operations/operation.js';
import type { OperationSummary } from '@connected-registry/protocol/answers/answers';
import { CHECK } from '../../domain/check/checkRun.js';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { engineFailure } from '../../domain/operations/runEnd.js';
import type { WaitingRun } from '../../domain/operations/waitingRun.js';
import { hasEnded, type RunStatus } from './runStatus.js';

/** Builds the operation resource from the engine's status of its run. */
export function operationView(status: RunStatus, kind: OperationKind): Operation {
  const { input, outcome, progress } = status;
  const base = {
    id: operationIdOf(status, kind),
    kind,
    runId: input.run,
    ...(kind === CHECK ? {} : clientOf(input.request)),
    startedAt: input.requestedAt,
  };
  const steps = outcome?.steps ?? progress?.steps ?? [];
  if (!hasEnded(status)) return { ...base, status: 'running', phase: progress?.phase ?? 'starting', steps };
  if (!outcome)
    return {
      ...base,
      status: 'failed',
      phase: 'failed',
      steps,
      endedAt: status.lastUpdated,
      failure: engineFailure(status.runtimeStatus === 'Terminated'),
    };
  const { result, failure, endedAt } = outcome;
  return {
    ...base,
    status: outcome.status,
    phase: outcome.status,
    endedAt,
    steps,
    ...(result ? { result } : {}),
    ...(failure ? { failure } : {}),
  };
}

/** Builds the summary that a list shows. */
export function operationSummaryOf(status: RunStatus, kind: OperationKind): OperationSummary {
  const { steps: _steps, result: _result, failure, ...rest } = operationView(status, kind);
  return { ...rest, ...(failure ? { failure: { code: failure.code, message: failure.message } } : {}) };
}

/** The kind of a run that waits for its client. */
export function kindOfWaiting({ input }: RunStatus): OperationKind {
  // The orchestration's name guarantees that the input is a WaitingRun.
  return (input as WaitingRun).kind;
}

/** A waiting run has its own instance, but its operation id has the client's. */
function operationIdOf({ instance, input }: RunStatus, kind: OperationKind): string {
  return formatOperationId({ instance: kind === CHECK ? instance : clientKey(input.request), run: input.run });
}

function clientOf({ registry, connectedRegistry, client }: ClientReference): ClientReference {
  return { registry, connectedRegistry, client };
}
