import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { parseOperationId } from '@connected-registry/protocol/names/operationId';
import { CHECK_PREFIX } from '../../domain/check/checkRun.js';
import { ROW_CODES, type RowChange, type RowStatus } from '../../domain/rollouts/row.js';
import type { PieceState } from '../../domain/rollouts/pieceState.js';
import type { RolloutRequest } from '../../domain/rollouts/rollout.js';
import type { RunProgress, Runs } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';

/**
 * Operations that one round of a rollout reads for each identity that sends requests: twice as many as end in a round
 * at the rates of one, and each read is a request to the engine.
 */
const READS_OF_PRINCIPAL = 100;

/**
 * The golden ratio. Its multiples, without their whole parts, are spread evenly, so that rounds of any distance come to
 * all soon.
 */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Which operations a round of a rollout reads. */
export interface OperationsToRead {
  readonly asked: ReadonlySet<string>;
  /** Whether more operations run than these. */
  readonly hasUnread: boolean;
}

/**
 * The operations whose ends a round reads. If more run than one round reads, a third of them are those that were
 * started first, which will end next, and a third those that were started last, since many failures come soon after the
 * start. The last third are others in each round, so that operations that take long hide no ends. A repetition chooses
 * the same.
 * @param at when the round began (ISO 8601)
 * @param principals number of identities that send requests: with each, more operations end in a round
 */
export function operationsToRead(rows: readonly RowStatus[], at: string, principals: number): OperationsToRead {
  const running = rows.flatMap((row) => (row.state === 'running' ? [row] : []));
  // Instants of one format: their order is that of the texts.
  const ordered = running.toSorted(({ startedAt: left = at }, { startedAt: right = at }) => (left < right ? -1 : 1));
  const all = [...new Set(ordered.map(operationOf))];
  const reads = READS_OF_PRINCIPAL * principals;
  if (all.length <= reads) return { asked: new Set(all), hasUnread: false };
  const third = Math.floor(reads / 3);
  const others = all.slice(third, -third);
  const from = Math.floor((((Date.parse(at) / 1000) * GOLDEN) % 1) * others.length);
  const turned = [...others.slice(from), ...others.slice(0, from)].slice(0, reads - 2 * third);
  return { asked: new Set([...all.slice(0, third), ...all.slice(-third), ...turned]), hasUnread: true };
}

/**
 * Finds the rows whose operations have ended. Rows of one check share an operation, which is read once.
 * @param asked the operations to read; by default those of all rows
 */
export async function endedRows(
  { requests, rows }: Pick<PieceState, 'requests' | 'rows'>,
  runs: Pick<Runs, 'progress'>,
  asked?: ReadonlySet<string>,
): Promise<readonly RowChange[]> {
  const running = rows.flatMap((row, index) =>
    row.state === 'running' && asked?.has(operationOf(row)) !== false ? [{ row, index }] : [],
  );
  const operations = [...new Set(running.map(({ row }) => operationOf(row)))];
  const found = await eachOf(operations, async (operation): Promise<[string, RunProgress]> => {
    const id = parseOperationId(operation);
    return [operation, id ? await runs.progress(id) : { state: 'unknown' }];
  });
  const progress = new Map(found);
  return running.flatMap(({ row, index }) => {
    const request = requests[index];
    const end = progress.get(operationOf(row));
    const status = request && end && endOf(row, request, end);
    return status ? [{ index, status }] : [];
  });
}

/** Every running row has one. */
function operationOf({ operation = '' }: RowStatus): string {
  return operation;
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
