import type { DurableClient } from 'durable-functions';
import type { Operation, OperationSummary, RecordedOperation } from '@connected-registry/protocol/answers/answers';
import type { EndedOperation } from '../../domain/operations/endedOperation.js';
import { formatOperationId, parseOperationId, type OperationId } from '@connected-registry/protocol/names/operationId';
import { recordOf } from '../../domain/operations/runEnd.js';
import { readClientRecord } from './clientRecords.js';

/** Reads how an operation ended from the record, which outlives the run; undefined if it is not among the last runs. */
export async function findRecorded(client: DurableClient, id: OperationId): Promise<EndedOperation | undefined> {
  const { ended = [] } = await readClientRecord(client, recordOf(id.instance));
  const text = formatOperationId(id);
  return ended.find((one) => one.id === text);
}

/** Builds the operation resource of a recorded run, without steps and result, which were lost with the run. */
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

/** Builds the summary for a list of one client's operations. */
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

/** Builds the summary for a list of all runs. */
export function shortSummary(ended: EndedOperation): OperationSummary {
  const { actor: _actor, failure, ...summary } = recordedSummary(ended);
  return { ...summary, ...(failure ? { failure: { code: failure.code, message: failure.message } } : {}) };
}

/** Compares by start time, newest first, then by run id. */
export function byStart(left: OperationSummary, right: OperationSummary): number {
  return Date.parse(right.startedAt) - Date.parse(left.startedAt) || (left.runId < right.runId ? 1 : -1);
}
