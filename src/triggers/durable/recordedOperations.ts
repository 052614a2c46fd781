import type { DurableClient } from 'durable-functions';
import type { Operation, OperationSummary, RecordedOperation } from '@connected-registry/protocol/answers/answers';
import type { EndedOperation } from '../../domain/operations/endedOperation.js';
import { formatOperationId, parseOperationId, type OperationId } from '@connected-registry/protocol/names/operationId';
import { recordOf } from '../../domain/operations/runEnd.js';
import { readClientRecord } from './clientRecords.js';

/** How an operation ended, from the record that outlives its run; undefined when it is not among the last. */
export async function findRecorded(client: DurableClient, id: OperationId): Promise<EndedOperation | undefined> {
  const { ended = [] } = await readClientRecord(client, recordOf(id.instance));
  const text = formatOperationId(id);
  return ended.find((one) => one.id === text);
}

/** As the operation's own answer: without its steps and its result, which went with the run. */
export function recordedView({
  id,
  kind,
  actor,
  client,
  startedAt,
  endedAt,
  status,
  failure,
}: EndedOperation): Operation {
  return {
    id,
    kind,
    runId: parseOperationId(id)?.run ?? '',
    ...client,
    status,
    phase: status,
    startedAt,
    endedAt,
    steps: [],
    ...(failure ? { failure: { ...failure, kept: [] } } : {}),
    abridged: true,
    actor,
  };
}

/** As a list of one client's operations shows it. */
export function recordedSummary({
  startedAs: _attached,
  client,
  failure,
  ...ended
}: EndedOperation): RecordedOperation {
  return {
    ...ended,
    runId: parseOperationId(ended.id)?.run ?? '',
    phase: ended.status,
    ...client,
    ...(failure ? { failure } : {}),
  };
}

/** As a list of all runs shows it. */
export function shortSummary(ended: EndedOperation): OperationSummary {
  const { actor: _actor, failure, ...summary } = recordedSummary(ended);
  return { ...summary, ...(failure ? { failure: { code: failure.code, message: failure.message } } : {}) };
}

/** Newest first; of what was asked for at one instant, by the run's id. */
export function byStart(left: OperationSummary, right: OperationSummary): number {
  return Date.parse(right.startedAt) - Date.parse(left.startedAt) || (left.runId < right.runId ? 1 : -1);
}
