import type { DurableClient } from 'durable-functions';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { REVOKE } from '../../domain/operations/run.js';
import type { RunningRun } from '../../domain/operations/runningRun.js';
import { readClientRecord } from './clientRecords.js';
import { hasEnded, operationKind, readRun } from './runStatus.js';

/** Finds the client's running run, or a revocation that is disabling its tokens and secrets according to its record. */
export async function findRunning(client: DurableClient, reference: ClientReference): Promise<RunningRun | undefined> {
  const key = clientKey(reference);
  const run = await readRun(client, key);
  const kind = run && operationKind(run.kind);
  if (run && kind && !hasEnded(run)) return { id: formatOperationId({ instance: key, run: run.input.run }), kind };
  const { disabling = [] } = await readClientRecord(client, key);
  const [revocation] = disabling.filter(({ until }) => new Date(until) > new Date());
  return revocation && { id: revocation.operation, kind: REVOKE };
}
