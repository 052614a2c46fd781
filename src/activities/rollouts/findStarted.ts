import { clientKey } from '@connected-registry/protocol/names/clientKey';
import {
  formatOperationId,
  parseOperationId,
  randomOf,
  type OperationId,
} from '@connected-registry/protocol/names/operationId';
import { checkInstance } from '../../domain/check/checkRun.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { checkGroups } from '../../domain/rollouts/checkGroups.js';
import { PIECE_ROWS } from '../../domain/rollouts/pieceState.js';
import { ROW_CODES, type RowChange, type RowStatus } from '../../domain/rollouts/row.js';
import type { PlannedRow } from '../../domain/rollouts/startPlan.js';
import type { Runs } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';
import type { Config } from '../../settings/config.js';
import { Pieces, withPieces } from './pieces.js';
import { checkRun, rowRun, type RoundOfRuns } from '../starting/rowRuns.js';

interface FindStartedInput extends RoundOfRuns {
  readonly piece: number;
  readonly versions: readonly number[];
  /**
   * `waiting`: rows that wait although they were started, because the answer about their start was lost. A rollout that
   * is cancelled follows them to their ends. `ended`: failed and cancelled rows that have, or may have, a run whose end
   * is not known. Of those the runs that run or have completed are found, so that a retry follows them and does not
   * start the client again.
   */
  readonly rows: 'waiting' | 'ended';
}

/** Finds runs that were started for rows, and makes the rows follow them. */
export function findStarted(config: Pick<Config, 'profileBook' | 'registries'>) {
  return (
    { piece, versions, rows: which, ...round }: FindStartedInput,
    runs: Runs,
  ): Promise<StepOutcome<{ readonly changes: readonly RowChange[] }>> =>
    withPieces(async () => {
      const isCheck = round.plan.kind === 'check';
      const { requests, rows } = await new Pieces(round.plan.id, runs, versions).of(piece);
      const lookedFor = rows.flatMap((status, index): PlannedRow[] => {
        const request = requests[index];
        const isOne = which === 'waiting' ? status.state === 'waiting' : isEndUnknown(status);
        return isOne && request ? [{ row: piece * PIECE_ROWS + index, status, request }] : [];
      });
      const found = await eachOf(groupsOf(lookedFor), async (group) => {
        const known = await find(group);
        if (!known || (which === 'ended' && !(await mustBeFollowed(known)))) return [];
        const operation = formatOperationId(known);
        return group.map(({ row, status: { retry, startedAt = round.at } }) => ({
          index: row % PIECE_ROWS,
          status: { state: 'running' as const, retry, operation, startedAt },
        }));
      });
      return done({ changes: found.flat() });

      /** Rows of one check were started together, unless each knows its check. */
      function groupsOf(all: readonly PlannedRow[]): readonly (readonly PlannedRow[])[] {
        if (!isCheck) return all.map((row) => [row]);
        const isKnown = ({ status }: PlannedRow) => status.operation !== undefined;
        const unknown = all.filter((row) => !isKnown(row));
        return [...all.filter(isKnown).map((row) => [row]), ...checkGroups(round.plan, unknown)];
      }

      async function find(group: readonly PlannedRow[]): Promise<OperationId | undefined> {
        const [first] = group;
        if (!first) return undefined;
        const { row, request, status } = first;
        if (status.operation !== undefined) return parseOperationId(status.operation);
        if (isCheck) {
          const run = checkRun(round, group, config);
          return runs.find(checkInstance(run), randomOf(run.run));
        }
        const { run } = rowRun(round, row, status.retry, request, config);
        return runs.find(clientKey(request), randomOf(run.run));
      }

      async function mustBeFollowed(id: OperationId): Promise<boolean> {
        const { state, differing } = await runs.progress(id);
        return state === 'running' || (state === 'completed' && (!isCheck || differing !== undefined));
      }
    });
}

/** Of a row that has ended: whether its run may still run, as far as the row knows. */
function isEndUnknown({ state, code, operation }: RowStatus): boolean {
  if (state !== 'failed' && state !== 'cancelled') return false;
  return operation === undefined || code === ROW_CODES.unknown;
}
