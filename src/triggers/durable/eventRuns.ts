import type { DurableClient } from 'durable-functions';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { compareWithLastRun } from '../../domain/events/eventOrder.js';
import type { Run } from '../../domain/operations/run.js';
import type { Runs } from '../../ports/runs.js';
import { notifyClientRecord } from './clientRecords.js';

/** Implements {@link Runs.startFromEvent}. @param runs the other methods of the port */
export function eventRuns(
  client: DurableClient,
  runs: () => Pick<Runs, 'present' | 'startWhenFree'>,
): Runs['startFromEvent'] {
  return async (kind, run) => {
    const { eventAt: at, fingerprint } = run;
    const last = at === undefined ? undefined : await runs().present(run.request);
    const order = last && at !== undefined && compareWithLastRun(last, { kind, fingerprint, at });
    if (order) return { kind: order };
    const result = await runs().startWhenFree(kind, run, false, true);
    // An older event may have requested the attached run. From now on, events older than this one are stale.
    if (result.kind === 'running' && result.attached && at !== undefined) await noteEvent(client, run, at, result.id);
    return result;
  };
}

async function noteEvent(client: DurableClient, run: Run, at: string, operation: string): Promise<void> {
  await notifyClientRecord(client, clientKey(run.request), 'noteEvent', {
    at,
    by: { operation, actor: run.actor },
  });
}
