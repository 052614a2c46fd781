import type { InvocationContext, Timer } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { audit, inAuditScope } from '../../audit/audit.js';
import { instancePages } from '../durable/instancePages.js';
import { noteLostEnd } from '../durable/lostEnds.js';
import { ENDED, hasEnded, readRun, type RunStatus } from '../durable/runStatus.js';

/** Daily, before the daily check, at an unusual minute (NCRONTAB, seconds first). */
export const PURGE_SCHEDULE = '0 37 2 * * *';

const DAY = 86_400_000;
/** Instances in one page of the listing. */
const PAGE = 100;
/**
 * Milliseconds after which the rest waits for the next day. By default, a function may run for five minutes (Azure docs:
 * functions-scale, timeout).
 */
const MAX_DURATION = 4 * 60_000;

/**
 * Purges the history of runs that ended long ago. Their audit lines in the log and the state of entities stay. The end of a
 * run counts, not its start, since some run for weeks.
 * @param afterDays days from a run's end until it may be purged
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
        // A run that ended before then was also created before then.
        createdTo: before.toISOString(),
        ...(continuation === undefined ? {} : { continuation }),
      });
      for (const run of page.runs.filter((one) => isPurgeable(one, before)))
        tally[await inAuditScope(scope, () => purge(client, run))] += 1;
      continuation = page.continuation;
    } while (continuation !== undefined && Date.now() - started < MAX_DURATION);
    context.log(JSON.stringify({ event: 'runs.purged', ...tally, before, complete: continuation === undefined }));
  };
}

function isPurgeable(run: RunStatus, before: Date): boolean {
  return hasEnded(run) && new Date(run.lastUpdated) < before;
}

/** Reads the instance again, since a new run may have taken it after the listing. */
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
    // The engine refuses because the instance is running again, or it is overloaded. The next day's purge tries again.
    audit('run.purge.failed', { ...facts, reason: 'engine' });
    return 'failed';
  }
}
