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

/** Revocations that are under way; a client has hardly ever two. */
const MAX_REVOCATIONS = 20;

/**
 * `GET /api/clients/{key}/operations`: what is under way, and how the client's last runs ended. Also of a client that was
 * offboarded, or whose onboarding failed: neither has a credential in the vault.
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

const NOTHING_RECORDED = 'No run of it is under way, and none is on record.';

/** One that attached to another run has no work of its own to show. */
function isShown({ startedAs }: EndedOperation): boolean {
  return startedAs === undefined;
}

/** The client's own instance, those that wait for it, and its revocations. */
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
