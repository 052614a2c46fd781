import * as df from 'durable-functions';
import type { OrchestrationContext, Task } from 'durable-functions';
import type { AuditRolloutEnd } from '../../activities/rollouts/auditRolloutEnd.js';
import type { AuditSweepEnd } from '../../activities/rotation/auditSweepEnd.js';
import type { AuditProfileEnd } from '../../activities/starting/auditProfileEnd.js';
import type { OperationKind } from '@connected-registry/protocol/answers/answers';
import { CLIENT_RECORD, type ClientRecordRequests } from '../../domain/clients/clientRecord.js';
import type { EndedOperation } from '../../domain/operations/endedOperation.js';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import type { Run } from '../../domain/operations/run.js';
import { endOfRun, engineFailure, type RunEnd } from '../../domain/operations/runEnd.js';
import type { ProfileInput, ProfileOutcome } from '../../domain/profiles/onboardProfile.js';
import type { RolloutOutcome } from '../../domain/rollouts/controlState.js';
import { rolloutInstance, type RolloutInput } from '../../domain/rollouts/rollout.js';
import { SWEEP_INSTANCE, type SweepInput, type SweepOutcome } from '../../domain/rotation/sweep.js';
import type { WaitingRun } from '../../domain/operations/waitingRun.js';
import type { Flow } from './flow.js';

/** What to record, and in which client's record. Undefined when the run continues elsewhere. */
type Recording = { readonly record: string; readonly ended: EndedOperation } | undefined;

/**
 * The same flow, but its end is recorded before it returns: in the client's record, which outlives the instance, and by
 * one line of the audit (docs/decisions/0033-how-runs-ended-is-recorded.md). It waits for the entity, so that an
 * operation that ended can always be read.
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

/** An end by an internal error. */
type Crashed = { readonly endedAt: string; readonly crashed: true };

/** How often the activity that writes a line is called, if the process that runs it dies. */
const MAX_CALLS = 3;

/**
 * The same flow, but an activity writes one line of the audit before it returns. For flows that callers do not see as
 * operations. The flow ends with its own outcome whether or not the line could be written: timers and callers act on
 * it, such as on the time until which stopped sweeps pause.
 *
 * @param auditOf schedules the activity
 */
function audited<Outcome>(
  flow: (context: OrchestrationContext) => Flow<Outcome | undefined>,
  auditOf: (context: OrchestrationContext, end: Outcome | Crashed) => Task,
): (context: OrchestrationContext) => Flow<Outcome | undefined> {
  function* write(context: OrchestrationContext, end: Outcome | Crashed): Flow<void> {
    for (let calls = 0; calls < MAX_CALLS; calls += 1)
      try {
        yield auditOf(context, end);
        return;
      } catch {
        // Not an error of the flow. The last time, the line is missing.
      }
  }
  return function* (context) {
    let outcome: Outcome | undefined;
    try {
      outcome = yield* flow(context);
    } catch (error) {
      yield* write(context, { endedAt: context.df.currentUtcDateTime.toISOString(), crashed: true });
      throw error;
    }
    // After continueAsNew nothing may follow.
    if (outcome !== undefined) yield* write(context, outcome);
    return outcome;
  };
}

/** Records the end of a sweep by one line of the audit. */
export function recordedSweep(
  flow: (context: OrchestrationContext) => Flow<SweepOutcome | undefined>,
): (context: OrchestrationContext) => Flow<SweepOutcome | undefined> {
  return audited(flow, (context, end) => {
    const { sweep, actor } = context.df.getInput<SweepInput>();
    const operation = formatOperationId({ instance: SWEEP_INSTANCE, run: sweep });
    return context.df.callActivity('auditSweepEnd', { sweep, end, by: { operation, actor } } satisfies AuditSweepEnd);
  });
}

/** Records the end of a rollout by one line of the audit. */
export function recordedRollout(
  flow: (context: OrchestrationContext) => Flow<RolloutOutcome | undefined>,
): (context: OrchestrationContext) => Flow<RolloutOutcome | undefined> {
  return audited(flow, (context, end) => {
    const { plan, run, actor } = context.df.getInput<RolloutInput>();
    const by = { operation: formatOperationId({ instance: rolloutInstance(plan.id), run }), actor };
    return context.df.callActivity('auditRolloutEnd', { rollout: plan.id, run, end, by } satisfies AuditRolloutEnd);
  });
}

/** Records by one line of the audit how the start of a profile's clients ended. */
export function recordedProfile(
  flow: (context: OrchestrationContext) => Flow<ProfileOutcome | undefined>,
): (context: OrchestrationContext) => Flow<ProfileOutcome | undefined> {
  return audited(flow, (context, end) => {
    const { instanceId: instance } = context.df;
    const { run, actor } = context.df.getInput<ProfileInput>();
    const by = { operation: formatOperationId({ instance, run }), actor };
    return context.df.callActivity('auditProfileEnd', { instance, run, end, by } satisfies AuditProfileEnd);
  });
}
