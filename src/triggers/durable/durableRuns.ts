import type { DurableClient } from 'durable-functions';
import { cancelEventName, DELIBERATE_STOPS, type CancelEvent } from '../../domain/operations/cancelEvent.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId, parseOperationId } from '@connected-registry/protocol/names/operationId';
import { revocationInstance } from '../../domain/revocation/revocationInstance.js';
import { OFFBOARD, REVOKE, ROTATE, type Run } from '../../domain/operations/run.js';
import { START_WHEN_FREE, waitingInstance, type WaitingRun } from '../../domain/operations/waitingRun.js';
import type { PresentRun, Runs, RunState, StartResult } from '../../ports/runs.js';
import { auditStart } from './auditStart.js';
import { readClientRecord } from './clientRecords.js';
import { noteLostEndOf } from './lostEnds.js';
import { findRunning } from './runningRuns.js';
import { hasEnded, readRun, type RunStatus } from './runStatus.js';
import { startRun } from './startRun.js';

/** The runs of the durable engine, over one invocation's client. */
export function durableRuns(client: DurableClient): Runs {
  const start: Runs['start'] = async (kind, run) => {
    const instance = clientKey(run.request);
    const leaving = kind === OFFBOARD ? undefined : await findOffboardingAhead(client, instance);
    if (!leaving) await noteLostEndOf(client, instance);
    const result = leaving ?? (await startRun(client, kind, instance, run));
    auditStart(result, instance);
    return result;
  };

  return {
    start,
    startWhenFree: async (kind, run, preempts, queues = false) => {
      const direct = await start(kind, run);
      if (direct.kind !== 'conflict') return direct;
      // A rotation that pre-empts is urgent, and the one in its way is not: equal ones attach.
      if (direct.runningKind === kind && !queues && !(kind === ROTATE && preempts)) return direct;
      const waiting: WaitingRun = { ...run, kind, preempts };
      const instance = waitingInstance(kind, run.request);
      return asOperation(await startRun(client, START_WHEN_FREE, instance, waiting), kind, clientKey(run.request));
    },
    revoke: async (run) => {
      const instance = clientKey(run.request);
      const started = await startRun(client, REVOKE, revocationInstance({ instance, run: run.run }), run);
      const result = asOperation(started, REVOKE, instance);
      auditStart(result, instance);
      return result;
    },
    present: async (reference) => {
      const found = await readRun(client, clientKey(reference));
      return found && toPresentRun(found);
    },
    running: (reference) => findRunning(client, reference),
    state: async ({ instance, run }) => {
      const found = await readRun(client, instance);
      return found?.input.run === run ? stateOf(found) : 'unknown';
    },
    record: (key) => readClientRecord(client, key),
    cancel: async ({ instance, run }, actor, reason) => {
      const found = await readRun(client, instance);
      // An event raised for an ended run vanishes without a word; one for an earlier run would reach nobody.
      if (!found || hasEnded(found) || found.input.run !== run) return;
      const event: CancelEvent = { actor, reason };
      await client.raiseEvent(instance, cancelEventName(run), event);
    },
  };
}

/**
 * An offboarding that has the client's run end goes first as soon as that has ended: what began in between, asked for
 * later, would be ended by it.
 */
async function findOffboardingAhead(
  client: DurableClient,
  instance: string,
): Promise<Extract<StartResult, { kind: 'conflict' }> | undefined> {
  const found = await readRun(client, waitingInstance(OFFBOARD, instance));
  if (!found || hasEnded(found) || !isWaitingRun(found.input) || !found.input.preempts) return undefined;
  const id = formatOperationId({ instance, run: found.input.run });
  return { kind: 'conflict', id, runningKind: OFFBOARD };
}

function isWaitingRun(run: Run): run is WaitingRun {
  return 'preempts' in run;
}

function stateOf(found: RunStatus): RunState {
  if (!hasEnded(found)) return 'running';
  const { status, failure } = found.outcome ?? {};
  if (status === 'completed') return 'completed';
  return failure && DELIBERATE_STOPS.includes(failure.code) ? 'cancelled' : 'failed';
}

function toPresentRun(status: RunStatus): PresentRun {
  const { instance, kind, input, progress, outcome } = status;
  const request: object = input.request;
  return {
    id: { instance, run: input.run },
    kind,
    fingerprint: input.fingerprint,
    requestedAt: input.requestedAt,
    ...(input.eventAt === undefined ? {} : { eventAt: input.eventAt }),
    hasEnded: hasEnded(status),
    isCompleted: outcome?.status === 'completed',
    effectiveAt: input.eventAt ?? input.requestedAt,
    steps: (outcome ?? progress)?.steps.map(({ name }) => name) ?? [],
    ...('token' in request && typeof request.token === 'string' ? { token: request.token } : {}),
  };
}

/** A run beside the client's own has an instance of its own; to callers its operation is the client's. */
function asOperation(result: StartResult, kind: string, instance: string): StartResult {
  if (result.kind === 'unknown') return result;
  const id = formatOperationId({ instance, run: parseOperationId(result.id)?.run ?? '' });
  return result.kind === 'conflict' ? { ...result, id, runningKind: kind } : { ...result, id };
}
