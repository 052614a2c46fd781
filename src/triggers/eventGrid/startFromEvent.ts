import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import type { ClientOperationKind } from '@connected-registry/protocol/answers/answers';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { CLIENT_RECORD, type ClientRecordRequests } from '../../domain/clients/clientRecord.js';
import { compareWithLastRun } from '../../domain/events/eventOrder.js';
import type { Run } from '../../domain/operations/run.js';
import { durableRuns } from '../durable/durableRuns.js';
import { DeliverAgain, type Verdict } from './eventFunction.js';

/**
 * Starts an event's run, attaches to an equal run, or lets it wait until the client's run ends. Event Grid may deliver
 * events late, twice and out of order, so repeated and stale events start nothing.
 * @throws DeliverAgain if the start was not confirmed
 */
export async function startFromEvent(client: DurableClient, kind: ClientOperationKind, run: Run): Promise<Verdict> {
  const runs = durableRuns(client);
  const { eventAt: at, fingerprint } = run;
  const last = at === undefined ? undefined : await runs.present(run.request);
  const order = last && at !== undefined && compareWithLastRun(last, { kind, fingerprint, at });
  if (order) return { kind: 'ignored', decision: order };
  const result = await runs.startWhenFree(kind, run, false, true);
  if (result.kind === 'unknown')
    throw new DeliverAgain('the durable engine did not confirm the start; the event must be delivered again');
  if (result.kind === 'conflict')
    throw new DeliverAgain(
      `another run of the client is already waiting (${result.id}); the event must be delivered again`,
    );
  // An older event may have requested the attached run. From now on, events older than this one are stale.
  if (result.attached && at !== undefined) await noteEvent(client, run, at, result.id);
  return { kind: 'taken', decision: result.attached ? 'attached' : 'started', operations: [result.id] };
}

async function noteEvent(client: DurableClient, run: Run, at: string, operation: string): Promise<void> {
  const request: ClientRecordRequests['noteEvent'] = { at, by: { operation, actor: run.actor } };
  await client.signalEntity(new df.EntityId(CLIENT_RECORD, clientKey(run.request)), 'noteEvent', request);
}
