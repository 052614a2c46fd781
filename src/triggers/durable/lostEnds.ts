import type { DurableClient } from 'durable-functions';
import { endOfRun, engineFailure } from '../../domain/operations/runEnd.js';
import { START_WHEN_FREE, type WaitingRun } from '../../domain/operations/waitingRun.js';
import { notifyClientRecord } from './clientRecords.js';
import { hasEnded, operationKind, readRun, type RunStatus } from './runStatus.js';

/** As {@link noteLostEnd}, for the run of an instance that another run is about to take. */
export async function noteLostEndOf(client: DurableClient, instance: string): Promise<void> {
  const run = await readRun(client, instance);
  if (run) await noteLostEnd(client, run);
}

/**
 * Records the end of a run that the engine ended, for example by termination: such a run cannot record its own end. The
 * record keeps each end once.
 * @param run of any orchestration; ignored if it is running or ended by itself
 */
export async function noteLostEnd(client: DurableClient, run: RunStatus): Promise<void> {
  // A waiting run's input has the kind of the run that it would start.
  const kind = run.kind === START_WHEN_FREE ? (run.input as WaitingRun).kind : operationKind(run.kind);
  if (!hasEnded(run) || run.outcome || kind === undefined) return;
  const failure = engineFailure(run.runtimeStatus === 'Terminated');
  const { record, ended } = endOfRun(kind, run.input, run.instance, {
    status: 'failed',
    endedAt: run.lastUpdated,
    failure,
  });
  await notifyClientRecord(client, record, 'noteEnd', { ended, by: { operation: ended.id, actor: ended.actor } });
}
