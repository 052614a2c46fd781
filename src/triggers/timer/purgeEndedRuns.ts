import type { InvocationContext, Timer } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { audit, inAuditScope } from '../../audit/audit.js';
import { instancePages } from '../durable/instancePages.js';
import { noteLostEnd } from '../durable/lostEnds.js';
import { ENDED, hasEnded, readRun, type RunStatus } from '../durable/runStatus.js';

/** Every day, before the daily check, at a time that few have chosen (NCRONTAB, seconds first). */
export const PURGE_SCHEDULE = '0 37 2 * * *';

const DAY = 86_400_000;
/** Instances asked for at once. */
const PAGE = 100;
/**
 * Milliseconds after which the rest waits for the next day: a function may run for five minutes where the host's settings
 * say nothing else (Azure docs: functions-scale, timeout).
 */
const WITHIN = 4 * 60_000;

/**
 * Has the engine forget the runs that ended long ago. Their audit, in the log, stays, and so does what entities hold. By
 * their end, not by their start: some run for weeks.
 * @param afterDays days from a run's end until it may go.
 */
export function purgeEndedRuns(afterDays: number) {
  return async (_timer: Timer, client: DurableClient, context: InvocationContext): Promise<void> => {
    const started = Date.now();
    const before = new Date(started - afterDays * DAY);
    const pages = instancePages(context);
    const tally = { purged: 0, kept: 0, failed: 0 };
    const scope = { log: (line: string) => context.log(line), actor: 'timer' };
    let continuation: string | undefined;
    do {
      const page = await pages({
        prefix: '',
        top: PAGE,
        runtimeStatuses: ENDED,
        // What ended before then began before then.
        createdTo: before.toISOString(),
        ...(continuation === undefined ? {} : { continuation }),
      });
      for (const run of page.runs.filter((one) => mayGo(one, before)))
        tally[await inAuditScope(scope, () => purge(client, run))] += 1;
      continuation = page.continuation;
    } while (continuation !== undefined && Date.now() - started < WITHIN);
    context.log(JSON.stringify({ event: 'runs.purged', ...tally, before, complete: continuation === undefined }));
  };
}

function mayGo(run: RunStatus, before: Date): boolean {
  return hasEnded(run) && new Date(run.lastUpdated) < before;
}

/** A client may have begun a new run since the listing, under the same instance: that one is looked at again, and stays. */
async function purge(client: DurableClient, { instance, input }: RunStatus): Promise<'purged' | 'failed' | 'kept'> {
  const facts = { resource: instance, operation: formatOperationId({ instance, run: input.run }) };
  try {
    const present = await readRun(client, instance);
    if (present?.input.run !== input.run) return 'kept';
    await noteLostEnd(client, present);
    await client.purgeInstanceHistory(instance);
    audit('run.purge.succeeded', facts);
    return 'purged';
  } catch {
    // The engine refuses what runs again, or is out of breath: tomorrow is another day.
    audit('run.purge.failed', { ...facts, reason: 'engine' });
    return 'failed';
  }
}
