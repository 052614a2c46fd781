import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { parseOperationId } from '@connected-registry/protocol/names/operationId';
import { CHECK_PREFIX } from '../../domain/check/checkRun.js';
import {
  ROW_CODES,
  type PieceState,
  type RolloutRequest,
  type RowChange,
  type RowStatus,
} from '../../domain/rollouts/rollout.js';
import type { RunProgress, Runs } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';

/** Finds the rows whose operations have ended. Rows of one check share an operation, which is read once. */
export async function endedRows(
  { requests, rows }: Pick<PieceState, 'requests' | 'rows'>,
  runs: Pick<Runs, 'progress'>,
): Promise<readonly RowChange[]> {
  const running = rows.flatMap((row, index) => (row.state === 'running' ? [{ row, index }] : []));
  const operations = [...new Set(running.map(({ row }) => row.operation ?? ''))];
  const found = await eachOf(operations, async (operation): Promise<[string, RunProgress]> => {
    const id = parseOperationId(operation);
    return [operation, id ? await runs.progress(id) : { state: 'unknown' }];
  });
  const progress = new Map(found);
  return running.flatMap(({ row, index }) => {
    const request = requests[index];
    const end = progress.get(row.operation ?? '');
    const status = request && end && endOf(row, request, end);
    return status ? [{ index, status }] : [];
  });
}

function endOf(
  row: RowStatus,
  request: RolloutRequest,
  { state, code, differing }: RunProgress,
): RowStatus | undefined {
  switch (state) {
    case 'running':
      return undefined;
    case 'completed':
      if (!isCheck(row)) return { ...row, state: 'completed' };
      // Only the check's own instance has its findings.
      if (differing === undefined) return { ...row, state: 'failed', code: ROW_CODES.unknown };
      return differing.includes(clientKey(request))
        ? { ...row, state: 'failed', code: ROW_CODES.findings }
        : { ...row, state: 'completed' };
    case 'failed':
    case 'cancelled':
      return { ...row, state, ...(code === undefined ? {} : { code }) };
    case 'unknown':
      return { ...row, state: 'failed', code: ROW_CODES.unknown };
  }
}

function isCheck({ operation }: RowStatus): boolean {
  return operation?.startsWith(CHECK_PREFIX) === true;
}
