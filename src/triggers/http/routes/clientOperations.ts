import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { ClientOperations, RecordedOperation } from '@connected-registry/protocol/answers/answers';
import type { EndedOperation } from '../../../domain/operations/endedOperation.js';
import { REVOKE } from '../../../domain/operations/run.js';
import { revocationPrefix } from '../../../domain/revocation/revocationInstance.js';
import {
  START_WHEN_FREE,
  WAITING_KINDS,
  waitingInstance,
  type WaitingRun,
} from '../../../domain/operations/waitingRun.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { instancePages } from '../../durable/instancePages.js';
import { operationSummaryOf } from '../../durable/operationView.js';
import { byStart, recordedSummary } from '../../durable/recordedOperations.js';
import { hasEnded, operationKind, readRun, type RunStatus } from '../../durable/runStatus.js';
import { CLIENT_KEY, clientNotFound } from './clients.js';

/** Maximum running revocations that are read. A client rarely has two. */
const MAX_REVOCATIONS = 20;

/**
 * `GET /api/clients/{key}/operations`: a client's running operations, and how its last ones ended. Also for clients
 * without a credential in the vault, which were offboarded or whose onboarding failed.
 */
export async function getClientOperations(
  request: HttpRequest,
  client: DurableClient,
  _actor: string,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const key = request.params['key'] ?? '';
  if (!CLIENT_KEY.test(key)) return clientNotFound(key, NOTHING_RECORDED);
  const [{ ended = [] }, present] = await Promise.all([
    readClientRecord(client, key),
    presentRuns(key, client, context),
  ]);
  const found = new Map<string, RecordedOperation>();
  for (const one of ended) if (isShown(one)) found.set(one.id, recordedSummary(one));
  for (const run of present) {
    const summary = summaryOf(run);
    // A run that has just ended may not be in the record yet.
    if (summary && !found.has(summary.id)) found.set(summary.id, summary);
  }
  if (found.size === 0) return clientNotFound(key, NOTHING_RECORDED);
  const operations = [...found.values()].toSorted(byStart);
  return { status: 200, jsonBody: { operations } satisfies ClientOperations };
}

const NOTHING_RECORDED = 'It has no running operation and no recorded one.';

/** Whether the run did its own work. A run that attached to another one is not shown. */
function isShown({ startedAs }: EndedOperation): boolean {
  return startedAs === undefined;
}

/** Reads the client's own instance, its waiting runs and its revocations. */
async function presentRuns(key: string, client: DurableClient, context: InvocationContext): Promise<RunStatus[]> {
  const instances = [key, ...WAITING_KINDS.map((kind) => waitingInstance(kind, key))];
  const [revocations, ...runs] = await Promise.all([
    instancePages(context)({
      prefix: revocationPrefix(key),
      top: MAX_REVOCATIONS,
      runtimeStatuses: ['Pending', 'Running', 'Suspended'],
    }),
    ...instances.map((instance) => readRun(client, instance)),
  ]);
  return [...runs.filter((run) => run !== undefined), ...revocations.runs.filter(({ kind }) => kind === REVOKE)];
}

function summaryOf(run: RunStatus): RecordedOperation | undefined {
  if (run.kind === START_WHEN_FREE && (hasEnded(run) || run.outcome?.startedAs !== undefined)) return undefined;
  const kind = run.kind === START_WHEN_FREE ? (run.input as WaitingRun).kind : operationKind(run.kind);
  if (kind === undefined) return undefined;
  const { failure, ...summary } = operationSummaryOf(run, kind);
  const residue = run.outcome?.failure?.residue ?? [];
  return { ...summary, actor: run.input.actor, ...(failure ? { failure: { ...failure, residue } } : {}) };
}
