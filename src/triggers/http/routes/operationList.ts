import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import type { Config } from '../../../settings/config.js';
import type { OperationPage, OperationStatus, OperationSummary } from '@connected-registry/protocol/answers/answers';
import { CHECK, CHECK_PREFIX } from '../../../domain/check/checkRun.js';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import {
  OPERATIONS_QUERY_FIELDS,
  operationsQuery,
  type OperationsQuery,
} from '@connected-registry/protocol/requests/listQueries';
import { allRunPrefixes, registryRunPrefixes, siteRunPrefixes } from '../../../domain/operations/runPrefixes.js';
import { revocationPrefix } from '../../../domain/revocation/revocationInstance.js';
import { START_WHEN_FREE, WAITING_PREFIXES } from '../../../domain/operations/waitingRun.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { earlierRuns } from '../../durable/earlierRuns.js';
import { allRuns, instancePages, type InstancePages } from '../../durable/instancePages.js';
import { kindOfWaiting, operationSummaryOf } from '../../durable/operationView.js';
import { shortSummary } from '../../durable/recordedOperations.js';
import {
  byTime,
  isBefore,
  newestRuns,
  placeOf,
  withEarlier,
  type FoundPage,
  type ListPlace,
  type ListedItem,
  type RunsQuery,
} from '../../durable/runsByTime.js';
import { hasEnded, operationKind, readRun, type RunStatus } from '../../durable/runStatus.js';
import { formatContinuation } from '../requests/continuation.js';
import { findOperation } from '../findOperation.js';
import { listParameters, pageStart } from '../requests/listParameters.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/** Position of a page in a continuation. Operation ids have only these characters. */
const listPlace = z.strictObject({ at: z.int().min(0).max(8.64e15), id: z.string().regex(/^[a-z0-9.-]{0,200}$/) });

/** Maximum milliseconds that a run waits for its client, hence between its request and the creation of its instance. */
const MAX_WAIT = 31 * 86_400_000;

type OperationsFilter = Omit<OperationsQuery, 'top' | 'continuation'>;

/** `GET /api/operations`: a page of runs, the newest first. */
export function getOperations(config: Pick<Config, 'registries'>) {
  return async (
    request: HttpRequest,
    client: DurableClient,
    _actor: string,
    context: InvocationContext,
  ): Promise<HttpResponseInit> => {
    const parsed = listParameters(request, operationsQuery, OPERATIONS_QUERY_FIELDS, config);
    if ('refusal' in parsed) return parsed.refusal;
    const { top, continuation, ...filter } = parsed.query;
    const start = pageStart(continuation, listPlace, filter);
    if ('refusal' in start) return start.refusal;
    return { status: 200, jsonBody: await listOperations(config, filter, top, start.place, client, context) };
  };
}

async function listOperations(
  config: Pick<Config, 'registries'>,
  filter: OperationsFilter,
  top: number,
  from: ListPlace | undefined,
  client: DurableClient,
  context: InvocationContext,
): Promise<OperationPage> {
  const key = keyOf(filter);
  const pages = instancePages(context);
  const statuses = filter.status && [...new Set(filter.status.flatMap((status) => ENGINE_STATUSES[status]))];
  const query: RunsQuery = {
    prefixes: prefixesOf(filter, config),
    areMany: filter.kind !== CHECK && filter.connectedRegistry === undefined,
    oldest: filter.createdAfter === undefined ? 0 : Date.parse(filter.createdAfter),
    ...(statuses ? { runtimeStatuses: statuses } : {}),
  };
  const show = async (run: RunStatus) => {
    const summary = await summaryOf(run, client);
    return summary && fits(summary, filter) ? { id: summary.id, value: summary } : undefined;
  };
  if (key !== undefined)
    return answerOf(await operationsOfClient(key, filter, top, from, { pages, query, client }), filter);
  const now = Date.now();
  const place = from ?? latest(filter);
  const present = await newestRuns(pages, query, { from: place, now, top }, show);
  if (filter.since === undefined) return answerOf(present, filter);
  const earlier = await earlierRuns(pages, query, { since: Date.parse(filter.since), now }, client);
  const fitting = earlier.found.filter(({ value }) => fits(value, filter));
  const isGone = async ({ id }: ListPlace) => 'recorded' in (await findOperation(id, client));
  const page = await withEarlier(present, fitting, { from: place, top }, isGone);
  return { ...answerOf(page, filter), ...(earlier.isComplete ? {} : { omitsEarlier: true }) };
}

function answerOf({ found, next }: FoundPage<OperationSummary>, filter: OperationsFilter): OperationPage {
  return {
    operations: found.map(({ value }) => value),
    ...(next ? { continuation: formatContinuation(next, filter) } : {}),
  };
}

/** The position to begin at: instances created long after `createdBefore` were not requested before it. */
function latest({ createdBefore }: OperationsFilter): ListPlace | undefined {
  if (createdBefore === undefined) return undefined;
  const at = Date.parse(createdBefore) + MAX_WAIT;
  return at < Date.now() ? { at, id: '' } : undefined;
}

/**
 * The engine's statuses for each status. A run that returned an outcome is `Completed` for the engine, even if it
 * failed.
 */
const ENGINE_STATUSES: Readonly<Record<OperationStatus, readonly string[]>> = {
  running: ['Pending', 'Running', 'Suspended'],
  completed: ['Completed'],
  rolledBack: ['Completed'],
  failed: ['Completed', 'Failed', 'Terminated', 'Canceled'],
};

/** Lists one client's operations. It has few instances, and its record has the runs without an instance. */
async function operationsOfClient(
  key: string,
  filter: OperationsFilter,
  top: number,
  from: ListPlace | undefined,
  { pages, query, client }: { pages: InstancePages; query: RunsQuery; client: DurableClient },
): Promise<FoundPage<OperationSummary>> {
  const [{ ended = [] }, runs] = await Promise.all([
    readClientRecord(client, key),
    allRuns(pages, { prefixes: query.prefixes }),
  ]);
  const all = new Map<string, ListedItem<OperationSummary>>();
  for (const one of ended.filter(({ startedAs }) => startedAs === undefined)) {
    const value = shortSummary(one);
    all.set(value.id, { at: Date.parse(value.startedAt), id: value.id, value });
  }
  for (const run of runs) {
    const value = await summaryOf(run, client);
    if (value) all.set(value.id, { at: placeOf(run), id: value.id, value });
  }
  const found = [...all.values()]
    .filter((item) => fits(item.value, filter) && (from === undefined || isBefore(item, from)))
    .toSorted(byTime);
  const last = found[top - 1];
  return { found: found.slice(0, top), ...(last && found.length > top ? { next: { at: last.at, id: last.id } } : {}) };
}

/** The client's key, if the filter names registry, connected registry and client. */
function keyOf({ kind, registry, connectedRegistry, client }: OperationsFilter): string | undefined {
  if (kind === CHECK || registry === undefined || connectedRegistry === undefined || client === undefined)
    return undefined;
  return clientKey({ registry, connectedRegistry, client });
}

/** Prefixes of the instance ids that a filter can match. The more it names, the fewer runs the engine lists. */
function prefixesOf(filter: OperationsFilter, { registries }: Pick<Config, 'registries'>): string[] {
  const { kind, registry, connectedRegistry } = filter;
  if (kind === CHECK) return [CHECK_PREFIX];
  const key = keyOf(filter);
  if (key !== undefined)
    return [...['', ...WAITING_PREFIXES].map((prefix) => `${prefix}${key}`), revocationPrefix(key)];
  const names = registry === undefined ? registries.map(({ name }) => name) : [registry];
  if (connectedRegistry !== undefined) return siteRunPrefixes(names, connectedRegistry);
  return registry === undefined ? allRunPrefixes(names) : registryRunPrefixes(registry);
}

/** The summary of a run; undefined if it is no operation, or is shown by another instance. */
async function summaryOf(run: RunStatus, client: DurableClient): Promise<OperationSummary | undefined> {
  if (run.kind === START_WHEN_FREE) return waitingSummary(run, client);
  const kind = operationKind(run.kind);
  return kind && operationSummaryOf(run, kind);
}

/** The summary of a waiting run; undefined once the run has started, since its own instance shows it. */
async function waitingSummary(waiting: RunStatus, client: DurableClient): Promise<OperationSummary | undefined> {
  if (waiting.outcome?.startedAs !== undefined) return undefined;
  const summary = operationSummaryOf(waiting, kindOfWaiting(waiting));
  if (hasEnded(waiting)) return summary;
  const started = await readRun(client, clientKey(waiting.input.request));
  return started?.input.run === waiting.input.run ? undefined : summary;
}

function fits(summary: OperationSummary, filter: OperationsFilter): boolean {
  const { kind, status, code, registry, connectedRegistry, client, since, createdAfter, createdBefore } = filter;
  const startedAt = new Date(summary.startedAt);
  return (
    (kind === undefined || summary.kind === kind) &&
    (status === undefined || status.includes(summary.status)) &&
    (code === undefined || (summary.failure !== undefined && code.includes(summary.failure.code))) &&
    (registry === undefined || sameName(summary.registry, registry)) &&
    (connectedRegistry === undefined || sameName(summary.connectedRegistry, connectedRegistry)) &&
    (client === undefined || summary.client === client) &&
    (since === undefined || summary.endedAt === undefined || new Date(summary.endedAt) >= new Date(since)) &&
    (createdAfter === undefined || startedAt >= new Date(createdAfter)) &&
    (createdBefore === undefined || startedAt < new Date(createdBefore))
  );
}
