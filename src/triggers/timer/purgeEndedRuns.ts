import type { InvocationContext, Timer } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { ONBOARD_PROFILE } from '../../domain/profiles/onboardProfile.js';
import { ROLLOUT } from '../../domain/rollouts/rollout.js';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { audit, inAuditScope, logEvent } from '../../audit/audit.js';
import { errorPlace } from '../../serviceErrors/errorPlace.js';
import { isOwnFault } from '../../serviceErrors/ownFault.js';
import { pagesOf } from '../../queries/pagesOf.js';
import { listedInstances } from '../durable/instancePages.js';
import { noteLostEnd } from '../durable/lostEnds.js';
import { deadlineIn, leftUntil } from '../durable/pollUntil.js';
import { dropRollout, inputOf, rolloutOperation } from '../durable/rollouts/rollouts.js';
import {
  ENDED,
  hasEnded,
  readInstance,
  readRun,
  toRunStatus,
  type InstanceStatus,
  type RunStatus,
} from '../durable/runStatus.js';

/** Daily, before the daily check, at an unusual minute (NCRONTAB, seconds first). */
export const PURGE_SCHEDULE = '0 37 2 * * *';

const DAY = 86_400_000;
/** Instances in one page of the listing. */
const PAGE = 100;
/**
 * Milliseconds after which the rest waits for the next day. By default, a function may run for five minutes (Azure
 * docs: functions-scale, timeout).
 */
const MAX_DURATION = 4 * 60_000;

/**
 * Purges the history of runs that ended long ago. Their audit lines in the log and the state of entities stay. The end
 * of a run counts, not its start, since some run for weeks.
 * @param afterDays days from a run's end until it may be purged
 */
export function purgeEndedRuns(afterDays: number) {
  return async (_timer: Timer, client: DurableClient, context: InvocationContext): Promise<void> => {
    const until = deadlineIn(MAX_DURATION);
    const before = new Date(Date.now() - afterDays * DAY);
    const list = listedInstances(context);
    const tally = { purged: 0, kept: 0, failed: 0 };
    const scope = { log: (line: string) => context.log(line), actor: 'timer' };
    const query = {
      prefix: '',
      top: PAGE,
      runtimeStatuses: ENDED,
      // A run that ended before then was also created before then.
      createdTo: before.toISOString(),
    };
    let isComplete = false;
    for await (const page of pagesOf((continuation) => list({ ...query, continuation }))) {
      for (const instance of page.instances.filter((one) => isPurgeable(one, before))) {
        const result = await inAuditScope(scope, () => purge(client, instance));
        if (result) tally[result] += 1;
      }
      isComplete = page.continuation === undefined;
      if (leftUntil(until) === 0) break;
    }
    context.log(JSON.stringify({ event: 'runs.purged', ...tally, before, complete: isComplete }));
  };
}

function isPurgeable(instance: InstanceStatus, before: Date): boolean {
  return hasEnded(instance) && new Date(instance.lastUpdatedTime) < before;
}

type Purged = 'purged' | 'failed' | 'kept';

/** Purges a run or a rollout. @returns undefined for instances of other kinds */
async function purge(client: DurableClient, instance: InstanceStatus): Promise<Purged | undefined> {
  const run = toRunStatus(instance);
  if (run) return purgeRun(client, run);
  if (instance.name === ROLLOUT) return purgeRollout(client, instance.instanceId);
  return instance.name === ONBOARD_PROFILE ? purgeProfile(client, instance.instanceId) : undefined;
}

/** Purges a rollout with the entities that keep its clients. Reads it again, since it may have been started again. */
function purgeRollout(client: DurableClient, resource: string): Promise<Purged> {
  return purging('rollout', { resource }, async () => {
    const present = await readInstance(client, resource);
    const { plan } = inputOf(present?.input) ?? {};
    if (!present || !plan || !hasEnded(present)) return 'kept';
    const operation = rolloutOperation(plan.id);
    // The entities first: if this fails, the instance is found again on the next day.
    await dropRollout(client, plan, { operation, actor: 'timer' });
    await client.purgeInstanceHistory(resource);
    return { resource, operation };
  });
}

/** Purges the start of a profile's clients. Their runs have instances of their own. */
function purgeProfile(client: DurableClient, resource: string): Promise<Purged> {
  return purging('run', { resource }, async () => {
    await client.purgeInstanceHistory(resource);
    return { resource };
  });
}

/** Reads the instance again, since a new run may have taken it after the listing. */
function purgeRun(client: DurableClient, { instance, input }: RunStatus): Promise<Purged> {
  const facts = { resource: instance, operation: formatOperationId({ instance, run: input.run }) };
  return purging('run', facts, async () => {
    const present = await readRun(client, instance);
    if (present?.input.run !== input.run) return 'kept';
    await noteLostEnd(client, present);
    await client.purgeInstanceHistory(instance);
    return facts;
  });
}

interface PurgeFacts {
  readonly resource: string;
  readonly operation?: string;
}

/**
 * Purges one instance, with its audit line. A failure is logged by its place, since its text may quote anything, and
 * never ends the purge of the others: the next day's purge tries again.
 * @param work returns the facts of the purged instance for the audit, or `kept` if it must not be purged
 */
async function purging(
  kind: 'run' | 'rollout',
  facts: PurgeFacts,
  work: () => Promise<PurgeFacts | 'kept'>,
): Promise<Purged> {
  try {
    const purged = await work();
    if (purged === 'kept') return 'kept';
    audit(`${kind}.purge.succeeded`, { ...purged });
    return 'purged';
  } catch (error) {
    logEvent('runs.purgeError', { resource: facts.resource, ...errorPlace(error) });
    // The engine refuses because the instance is running again, or it is overloaded.
    audit(`${kind}.purge.failed`, { ...facts, reason: isOwnFault(error) ? 'internal' : 'engine' });
    return 'failed';
  }
}
