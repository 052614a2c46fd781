import type { Operation, OperationFailure, OperationKind } from '../../domain/operation.js';
import { clientKey } from '../../domain/clientKey.js';
import { formatOperationId } from '../../domain/operationId.js';
import { hasEnded, type RunStatus } from './runStatus.js';

/** The operation resource, from what the engine knows of the run. */
export function operationView(status: RunStatus, kind: OperationKind): Operation {
  const { input, outcome, progress } = status;
  const { registry, connectedRegistry, client } = input.request;
  // One that waits for another run has an instance of its own, and its operation is the client's all the same.
  const owner = clientKey(input.request);
  const base = {
    id: formatOperationId({ instance: owner, run: input.run }),
    kind,
    runId: input.run,
    registry,
    connectedRegistry,
    client,
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
      failure: endedByTheEngine(status.runtimeStatus),
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

/** The engine's text is not shown: it quotes stacks and serialised exceptions. */
function endedByTheEngine(runtimeStatus: string): OperationFailure {
  const terminated = runtimeStatus === 'Terminated';
  return {
    code: terminated ? 'terminated' : 'internal',
    message: terminated
      ? 'The run was terminated from outside and could undo nothing.'
      : 'The run ended by an error of its own; the log of its orchestration says which.',
    residue: ['unknown: look at the steps for what was done, and start the same request again'],
    kept: [],
  };
}
