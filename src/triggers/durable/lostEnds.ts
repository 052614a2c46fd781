import type { DurableClient } from 'durable-functions';
import { endOfRun, engineFailure } from '../../domain/operations/runEnd.js';
import { START_WHEN_FREE, type WaitingRun } from '../../domain/operations/waitingRun.js';
import { tellClientRecord } from './clientRecords.js';
import { hasEnded, operationKind, readRun, type RunStatus } from './runStatus.js';

/** The same for whatever run an instance holds, before another one takes its place. */
export async function noteLostEndOf(client: DurableClient, instance: string): Promise<void> {
  const run = await readRun(client, instance);
  if (run) await noteLostEnd(client, run);
}

/**
 * A run that the engine ended, as when it is terminated, could not record its own end: whoever meets it does. The record
 * takes each end once. @param run of any orchestration; one that goes on, or ended by itself, is left alone.
 */
export async function noteLostEnd(client: DurableClient, run: RunStatus): Promise<void> {
  // A waiting run's input says what it waits to become.
  const kind = run.kind === START_WHEN_FREE ? (run.input as WaitingRun).kind : operationKind(run.kind);
  if (!hasEnded(run) || run.outcome || kind === undefined) return;
  const failure = engineFailure(run.runtimeStatus === 'Terminated');
  const { record, ended } = endOfRun(kind, run.input, run.instance, {
    status: 'failed',
    endedAt: run.lastUpdated,
    failure,
  });
  await tellClientRecord(client, record, 'noteEnd', { ended, by: { operation: ended.id, actor: ended.actor } });
}
