import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import { findRegistry, type Config } from '../../config.js';
import type { OperationKind, OperationPage, OperationSummary } from '../../domain/answers.js';
import { CHECK, CHECK_PREFIX } from '../../domain/checkRun.js';
import { clientKey, keyPrefix } from '../../domain/clientKey.js';
import { OPERATIONS_QUERY_FIELDS, operationsQuery, type OperationsQuery } from '../../domain/listQueries.js';
import { revocationPrefix } from '../../domain/revocationInstance.js';
import { START_WHEN_FREE, WAITING_PREFIXES, type WaitingRun } from '../../domain/waitingRun.js';
import { instancePages } from '../durable/instancePages.js';
import { operationSummaryOf } from '../durable/operationView.js';
import { hasEnded, operationKind, readRun, type RunStatus } from '../durable/runStatus.js';
import { unknownRegistry } from './clientsBody.js';
import { formatContinuation, parseContinuation } from './continuation.js';
import { invalidRequest } from './problem.js';
import { badContinuation, queryParameters } from './queryParameters.js';

/** In which of the listings a page begins, and on which of its pages. */
const listPlace = z.strictObject({ listing: z.int().min(0).max(20), page: z.string().max(4096).optional() });

/** Pages of the engine that one request goes through: few that fit give a short page instead of a long wait. */
const MOST_PAGES = 10;

/** Milliseconds. */
const CLOCK_SKEW = 60_000;

type Filter = Omit<OperationsQuery, 'top' | 'continuation'>;

/** `GET /api/operations`: a page of runs. */
export function getOperations(config: Pick<Config, 'registries'>) {
  return async (
    request: HttpRequest,
    client: DurableClient,
    _actor: string,
    context: InvocationContext,
  ): Promise<HttpResponseInit> => {
    const parsed = queryParameters(request, operationsQuery, OPERATIONS_QUERY_FIELDS);
    if ('refusal' in parsed) return parsed.refusal;
    const { top, continuation, ...filter } = parsed.query;
    if (filter.registry !== undefined && !findRegistry(config, filter.registry))
      return invalidRequest([unknownRegistry('registry', config)]);
    const place = continuation === undefined ? { listing: 0 } : parseContinuation(continuation, listPlace, filter);
    if (!place) return badContinuation();
    return { status: 200, jsonBody: await listed(filter, top, place, client, context) };
  };
}

async function listed(
  filter: Filter,
  top: number,
  from: z.infer<typeof listPlace>,
  client: DurableClient,
  context: InvocationContext,
): Promise<OperationPage> {
  const pages = instancePages(context);
  const prefixes = prefixesOf(filter);
  const found = new Map<string, OperationSummary>();
  let { listing, page } = from;
  for (let read = 0; read < MOST_PAGES && listing < prefixes.length && found.size < top; read += 1) {
    const { runs, continuation } = await pages({
      prefix: prefixes[listing] ?? '',
      // Never more than there is room for, so that a page of ours always ends where one of the engine's does.
      top: top - found.size,
      ...(filter.status === undefined ? {} : { runtimeStatuses: ENGINE_STATUSES[filter.status] }),
      ...(filter.createdAfter === undefined ? {} : { createdFrom: notBefore(filter.createdAfter) }),
      ...(page === undefined ? {} : { continuation: page }),
    });
    for (const run of runs) {
      const summary = await summaryOf(run, client);
      if (summary && fits(summary, filter)) found.set(summary.id, summary);
    }
    page = continuation;
    if (page === undefined) listing += 1;
  }
  const operations = [...found.values()];
  if (listing >= prefixes.length) return { operations };
  const next = { listing, ...(page === undefined ? {} : { page }) };
  return { operations, continuation: formatContinuation(next, filter) };
}

/** A run that ended by its own outcome is `Completed` to the engine, whatever that is; others it ended itself. */
const ENGINE_STATUSES: Readonly<Record<NonNullable<Filter['status']>, readonly string[]>> = {
  running: ['Pending', 'Running', 'Suspended'],
  completed: ['Completed'],
  rolledBack: ['Completed'],
  failed: ['Completed', 'Failed', 'Terminated', 'Canceled'],
};

/** What the ids of the instances in question begin with: with a connected registry named, the engine finds them itself. */
function prefixesOf({ kind, registry, connectedRegistry, client }: Filter): string[] {
  if (kind === CHECK) return [CHECK_PREFIX];
  if (registry === undefined || connectedRegistry === undefined) return [''];
  const key =
    client === undefined
      ? keyPrefix({ registry, connectedRegistry })
      : clientKey({ registry, connectedRegistry, client });
  const ofRevocations = revocationPrefix(client === undefined ? undefined : key);
  return [...['', ...WAITING_PREFIXES].map((prefix) => `${prefix}${key}`), ofRevocations];
}

/** Undefined for what is no operation, or shows as another one. */
async function summaryOf(run: RunStatus, client: DurableClient): Promise<OperationSummary | undefined> {
  if (run.kind === START_WHEN_FREE) return ofWaiting(run, client);
  const kind = operationKind(run.kind);
  return kind && operationSummaryOf(run, kind);
}

/** A run that waited is shown by its own instance once it has begun. */
async function ofWaiting(waiting: RunStatus, client: DurableClient): Promise<OperationSummary | undefined> {
  if (waiting.outcome?.startedAs !== undefined) return undefined;
  const summary = operationSummaryOf(waiting, kindOfWaiting(waiting));
  if (hasEnded(waiting)) return summary;
  const begun = await readRun(client, clientKey(waiting.input.request));
  return begun?.input.run === waiting.input.run ? undefined : summary;
}

function kindOfWaiting({ input }: RunStatus): OperationKind {
  // Its input is a WaitingRun by the name of its orchestration.
  return (input as WaitingRun).kind;
}

function fits(summary: OperationSummary, filter: Filter): boolean {
  const { kind, status, registry, connectedRegistry, client, createdAfter, createdBefore } = filter;
  const startedAt = new Date(summary.startedAt);
  return (
    (kind === undefined || summary.kind === kind) &&
    (status === undefined || summary.status === status) &&
    (registry === undefined || same(summary.registry, registry)) &&
    (connectedRegistry === undefined || same(summary.connectedRegistry, connectedRegistry)) &&
    (client === undefined || summary.client === client) &&
    (createdAfter === undefined || startedAt >= new Date(createdAfter)) &&
    (createdBefore === undefined || startedAt < new Date(createdBefore))
  );
}

function same(left: string | undefined, right: string): boolean {
  return left?.toLowerCase() === right.toLowerCase();
}

/**
 * An instance is made after its run was asked for, long after when it had to wait: nothing that was made earlier can fit,
 * while what was made later still may. Clocks may differ a little.
 */
function notBefore(instant: string): string {
  return new Date(Date.parse(instant) - CLOCK_SKEW).toISOString();
}
