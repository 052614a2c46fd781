import type { DurableClient } from 'durable-functions';
import type { OperationSummary } from '@connected-registry/protocol/answers/answers';
import { CHECK, CHECK_PREFIX } from '../../domain/check/checkRun.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { CHECKS_RECORD } from '../../domain/operations/runEnd.js';
import { eachOf } from '../../queries/eachOf.js';
import { readClientRecord } from './clientRecords.js';
import type { InstancePages } from './instancePages.js';
import { shortSummary } from './recordedOperations.js';
import { newestRuns, START_WITHIN, type ListedItem, type RunsQuery } from './runsByTime.js';
import type { RunStatus } from './runStatus.js';

/** Maximum runs, newest first, whose clients' records are read. */
const MAX_RUNS = 2_000;
/** Maximum records that one request reads. Each is one read of the engine's storage. */
const MAX_RECORDS = 500;

/** Ended runs whose instances later runs have taken. */
interface EarlierRuns {
  readonly found: readonly ListedItem<OperationSummary>[];
  /** False if more clients had runs since then than one request reads. */
  readonly isComplete: boolean;
}

/**
 * Reads clients' earlier runs from their records. A run that ended after `since` and is not listed any more was
 * replaced by a later run of its client. So only the clients of runs since then are read, however large the fleet is.
 * @param since milliseconds since 1970
 * @param now milliseconds since 1970
 */
export async function earlierRuns(
  pages: InstancePages,
  { prefixes, areMany }: Pick<RunsQuery, 'prefixes' | 'areMany'>,
  { since, now }: { readonly since: number; readonly now: number },
  client: DurableClient,
): Promise<EarlierRuns> {
  const { found: runs, next } = await newestRuns(
    pages,
    { prefixes, areMany, oldest: since - START_WITHIN },
    { from: undefined, now, top: MAX_RUNS },
    async (run) => ({ id: run.instance, value: recordKeyOf(run) }),
  );
  const keys = [...new Set(runs.flatMap(({ value }) => value ?? []))];
  const records = await eachOf(keys.slice(0, MAX_RECORDS), (key) => readClientRecord(client, key));
  const ended = records.flatMap((record) => record.ended ?? []);
  const found = ended
    .filter(({ startedAs, endedAt }) => startedAs === undefined && Date.parse(endedAt) >= since)
    .map((one) => ({ at: Date.parse(one.startedAt), id: one.id, value: shortSummary(one) }));
  return { found, isComplete: next === undefined && keys.length <= MAX_RECORDS };
}

/** Key of the record with the earlier runs of this run's instance; undefined if it is no operation. */
function recordKeyOf({ kind, instance, input }: RunStatus): string | undefined {
  if (kind === CHECK || instance.startsWith(CHECK_PREFIX)) return CHECKS_RECORD;
  const { registry, connectedRegistry, client } = input.request;
  const isOfClient = [registry, connectedRegistry, client].every((name) => typeof name === 'string');
  return isOfClient ? clientKey(input.request) : undefined;
}
