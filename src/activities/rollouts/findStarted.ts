import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId, randomOf } from '@connected-registry/protocol/names/operationId';
import { checkInstance } from '../../domain/check/checkRun.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { checkGroups } from '../../domain/rollouts/checkGroups.js';
import { PIECE_ROWS, type RowChange } from '../../domain/rollouts/rollout.js';
import type { Runs } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';
import type { Config } from '../../settings/config.js';
import { Pieces, withPieces } from './pieces.js';
import { checkRun, rowRun, type RoundOfRuns } from './rowRuns.js';
import type { WaitingRow } from './startRows.js';

interface FindStartedInput extends RoundOfRuns {
  readonly piece: number;
  readonly versions: readonly number[];
}

/**
 * Finds the runs of rows that wait although they were started, because the answer about their start was lost. A rollout that is
 * cancelled follows them to their ends.
 */
export function findStarted(config: Pick<Config, 'profileBook' | 'registries'>) {
  return (
    { piece, versions, ...round }: FindStartedInput,
    runs: Runs,
  ): Promise<StepOutcome<{ readonly changes: readonly RowChange[] }>> =>
    withPieces(async () => {
      const { requests, rows } = await new Pieces(round.plan.id, runs, versions).of(piece);
      const waiting = rows.flatMap((status, index): WaitingRow[] => {
        const request = requests[index];
        return status.state === 'waiting' && request ? [{ row: piece * PIECE_ROWS + index, status, request }] : [];
      });
      const isCheck = round.plan.kind === 'check';
      const groups = isCheck ? checkGroups(round.plan, waiting) : waiting.map((row) => [row]);
      const found = await eachOf(groups, async (group) => {
        const known = await find(group);
        if (!known) return [];
        const operation = formatOperationId(known);
        return group.map(({ row, status: { busySince: _busy, ...status } }) => ({
          index: row % PIECE_ROWS,
          status: { ...status, state: 'running' as const, operation, startedAt: round.at },
        }));
      });
      return done({ changes: found.flat() });

      async function find(group: readonly WaitingRow[]) {
        if (isCheck) {
          const run = checkRun(round, group, config);
          return runs.find(checkInstance(run), randomOf(run.run));
        }
        const [first] = group;
        if (!first) return undefined;
        const { run } = rowRun(round, first.row, first.status.retry, first.request, config);
        return runs.find(clientKey(first.request), randomOf(run.run));
      }
    });
}
