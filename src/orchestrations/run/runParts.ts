import type { OrchestrationContext } from 'durable-functions';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import { Cancellation } from './cancellation.js';
import { ProgressLog } from './progressLog.js';
import { Saga } from './saga.js';
import { StepRunner } from './stepRunner.js';

/** What every flow works with. */
export interface RunParts {
  readonly log: ProgressLog;
  /** Tries a step for as long as settings say, and names the run's operation in the audit. */
  readonly runner: StepRunner;
}

/** What a flow works with that can be cancelled, and undoes what it has done. */
export interface UndoableParts extends RunParts {
  readonly cancellation: Cancellation;
  readonly saga: Saga;
  /** Tries for as long as undoing may take, and is interrupted by nothing. */
  readonly undoing: StepRunner;
}

export interface RunPartsOptions {
  /** Whose operation the run is, for one in an instance of its own; by default the instance's. */
  readonly instance?: string;
  /** Ends waits early when the run is cancelled; by default nothing does. */
  readonly cancellation?: Cancellation;
}

/** Of a flow's input; a sweep is no client's run, and has an id all the same. */
export function runParts(
  context: OrchestrationContext,
  { run, actor, limits }: Pick<Run, 'run' | 'actor' | 'limits'>,
  { instance = context.df.instanceId, cancellation }: RunPartsOptions = {},
): RunParts {
  const log = new ProgressLog(context);
  const runner = new StepRunner(context, limits, log, {
    by: { operation: formatOperationId({ instance, run }), actor },
    deadlineSeconds: limits.stepDeadlineSeconds,
    ...(cancellation ? { cancellation } : {}),
  });
  return { log, runner };
}

/** The parts of a run that is the client's present one: its instance is the client's own. */
export function undoableParts(
  context: OrchestrationContext,
  input: Pick<Run, 'run' | 'actor' | 'limits'>,
): UndoableParts {
  const cancellation = new Cancellation(context, input.run);
  const { log, runner } = runParts(context, input, { cancellation });
  const undoing = runner.uninterrupted(input.limits.undoDeadlineSeconds);
  return { log, runner, cancellation, saga: new Saga(undoing), undoing };
}
