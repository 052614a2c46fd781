import type { DurableClient } from 'durable-functions';
import { cancelEventName, type CancelEvent } from '../../domain/operations/cancelEvent.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId, parseOperationId } from '@connected-registry/protocol/names/operationId';
import { CHECK, checkInstance } from '../../domain/check/checkRun.js';
import { revocationInstance } from '../../domain/revocation/revocationInstance.js';
import { OFFBOARD, REVOKE, ROTATE, type Run } from '../../domain/operations/run.js';
import { START_WHEN_FREE, waitingInstance, type WaitingRun } from '../../domain/operations/waitingRun.js';
import type { PresentRun, Runs, StartResult } from '../../ports/runs.js';
import { auditStart } from './auditStart.js';
import { readClientRecord, readTokenOwner } from './clientRecords.js';
import { eventRuns } from './eventRuns.js';
import { noteLostEndOf } from './lostEnds.js';
import { readRolloutControl, readRolloutPiece } from './rollouts/rolloutPieces.js';
import { findByRandom, readProgress, stateOf } from './runProgress.js';
import { findRunning } from './runningRuns.js';
import { deadlineIn, pollUntil } from './pollUntil.js';
import { hasEnded, readRun, type RunStatus } from './runStatus.js';
import { startRun } from './startRun.js';

/** Milliseconds between two reads of a piece whose last change is not seen yet. */
const LOOK_AGAIN = 100;

/**
 * Milliseconds for which it is read again: an entity's write is usually seen by then. A later attempt costs a second
 * more.
 */
const LOOK_FOR = 800;

/** Implements the port {@link Runs} with the durable client of one invocation. */
export function durableRuns(client: DurableClient): Runs {
  const start: Runs['start'] = async (kind, run) => {
    const instance = clientKey(run.request);
    const offboarding = kind === OFFBOARD ? undefined : await findWaitingOffboarding(client, instance);
    if (!offboarding) await noteLostEndOf(client, instance);
    const result = offboarding ?? (await startRun(client, kind, instance, run));
    auditStart(result, instance);
    return result;
  };

  const runs: Runs = {
    start,
    startWhenFree: async (kind, run, preempts, queues = false) => {
      const direct = await start(kind, run);
      if (direct.kind !== 'conflict') return direct;
      // A pre-empting rotation is urgent and the running one is not: equal rotations would have attached.
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
    progress: (id) => readProgress(client, id),
    find: (key, random) => findByRandom(client, key, random),
    startCheck: async (run) => {
      const instance = checkInstance(run);
      const result = await startRun(client, CHECK, instance, run);
      auditStart(result, instance);
      return result;
    },
    rolloutPiece: (id, piece, atLeast) =>
      pollUntil(() => readRolloutPiece(client, id, piece), {
        isEnough: (found) => found !== undefined && found.version >= atLeast,
        every: LOOK_AGAIN,
        until: deadlineIn(LOOK_FOR),
      }),
    rolloutControl: (id) => readRolloutControl(client, id),
    record: (key) => readClientRecord(client, key),
    tokenOwner: (registry, token) => readTokenOwner(client, registry, token),
    cancel: async ({ instance, run }, actor, reason) => {
      const found = await readRun(client, instance);
      // The engine silently drops events for ended runs.
      if (!found || hasEnded(found) || found.input.run !== run) return;
      const event: CancelEvent = { actor, reason };
      await client.raiseEvent(instance, cancelEventName(run), event);
    },
    startFromEvent: eventRuns(client, () => runs),
  };
  return runs;
}

/**
 * Finds an offboarding that waits for the client's run to stop. It has priority: it would stop a run that starts in
 * between.
 */
async function findWaitingOffboarding(
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

/** Callers see a waiting run or a revocation as an operation of the client, though it has its own instance. */
function asOperation(result: StartResult, kind: string, instance: string): StartResult {
  if (result.kind === 'unknown') return result;
  const id = formatOperationId({ instance, run: parseOperationId(result.id)?.run ?? '' });
  return result.kind === 'conflict' ? { ...result, id, runningKind: kind } : { ...result, id };
}
