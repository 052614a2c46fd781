import * as df from 'durable-functions';
import type { OrchestrationContext } from 'durable-functions';
import type { AuditSweepEnd, SweepEnd } from '../../activities/rotation/auditSweepEnd.js';
import type { OperationKind } from '@connected-registry/protocol/answers/answers';
import { CLIENT_RECORD, type ClientRecordRequests } from '../../domain/clients/clientRecord.js';
import type { EndedOperation } from '../../domain/operations/endedOperation.js';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import { endOfRun, engineFailure, type RunEnd } from '../../domain/operations/runEnd.js';
import { SWEEP_INSTANCE, type SweepInput, type SweepOutcome } from '../../domain/rotation/sweep.js';
import type { WaitingRun } from '../../domain/operations/waitingRun.js';
import type { Flow } from './flow.js';

/** What to record, and in which client's record. Undefined when the run continues elsewhere. */
type Recording = { readonly record: string; readonly ended: EndedOperation } | undefined;

/**
 * The same flow, but its end is recorded before it returns: in the client's record, which outlives the instance, and by one line of the
 * audit (docs/decisions/0033-how-runs-ended-is-recorded.md). It waits for the entity, so that an operation that ended can always be read.
 *
 * @param recordingOf turns an end into what is recorded
 */
function recorded<Outcome>(
  flow: (context: OrchestrationContext) => Flow<Outcome>,
  recordingOf: (context: OrchestrationContext, end: Outcome | RunEnd) => Recording,
): (context: OrchestrationContext) => Flow<Outcome> {
  return function* (context) {
    let outcome: Outcome;
    try {
      outcome = yield* flow(context);
    } catch (error) {
      const endedAt = context.df.currentUtcDateTime.toISOString();
      yield* record(context, recordingOf(context, { status: 'failed', endedAt, failure: engineFailure(false) }));
      throw error;
    }
    // After continueAsNew nothing may follow.
    if (outcome !== undefined) yield* record(context, recordingOf(context, outcome));
    return outcome;
  };
}

function* record(context: OrchestrationContext, recording: Recording): Flow<void> {
  if (!recording) return;
  const { ended } = recording;
  const request: ClientRecordRequests['noteEnd'] = { ended, by: { operation: ended.id, actor: ended.actor } };
  try {
    yield context.df.callEntity(new df.EntityId(CLIENT_RECORD, recording.record), 'noteEnd', request);
  } catch {
    // The run has ended, whether or not its end could be recorded.
  }
}

/** Records the end of a client's run, or of a check. */
export function recordedRun<Outcome extends RunEnd>(
  kind: OperationKind,
  flow: (context: OrchestrationContext) => Flow<Outcome>,
): (context: OrchestrationContext) => Flow<Outcome> {
  return recorded(flow, (context, end) => endOfRun(kind, context.df.getInput<Run>(), context.df.instanceId, end));
}

/** Records the end of a run that waited for its client. Once it has started, its own instance records its end. */
export function recordedWait<Outcome extends RunEnd>(
  flow: (context: OrchestrationContext) => Flow<Outcome>,
): (context: OrchestrationContext) => Flow<Outcome> {
  return recorded(flow, (context, end) => {
    const input = context.df.getInput<WaitingRun>();
    const recording = endOfRun(input.kind, input, context.df.instanceId, end);
    return end.startedAs === recording.ended.id ? undefined : recording;
  });
}

/** Records a sweep's end by one line of the audit: callers do not see sweeps as operations. */
export function recordedSweep(
  flow: (context: OrchestrationContext) => Flow<SweepOutcome | undefined>,
): (context: OrchestrationContext) => Flow<SweepOutcome | undefined> {
  return function* (context) {
    const { sweep, actor } = context.df.getInput<SweepInput>();
    const operation = formatOperationId({ instance: SWEEP_INSTANCE, run: sweep });
    const audit = (end: SweepEnd) =>
      context.df.callActivity('auditSweepEnd', { sweep, end, by: { operation, actor } } satisfies AuditSweepEnd);
    let outcome: SweepOutcome | undefined;
    try {
      outcome = yield* flow(context);
    } catch (error) {
      yield audit({ endedAt: context.df.currentUtcDateTime.toISOString(), crashed: true });
      throw error;
    }
    if (outcome !== undefined) yield audit(outcome);
    return outcome;
  };
}
