import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId, randomOf } from '@connected-registry/protocol/names/operationId';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { PIECE_ROWS, type RowChange } from '../../domain/rollouts/rollout.js';
import type { Runs } from '../../ports/runs.js';
import { eachOf } from '../../queries/eachOf.js';
import type { Config } from '../../settings/config.js';
import { Pieces, withPieces } from './pieces.js';
import { rowRun, type RoundOfRuns } from '../starting/rowRuns.js';

interface FindStartedInput extends RoundOfRuns {
  readonly piece: number;
  readonly versions: readonly number[];
}

/**
 * Finds the runs of rows that wait although they were started, because the answer about their start was lost. A rollout that is
 * cancelled follows them to their ends. Checks only read, so theirs are not looked for.
 */
export function findStarted(config: Pick<Config, 'profileBook'>) {
  return (
    { piece, versions, ...round }: FindStartedInput,
    runs: Runs,
  ): Promise<StepOutcome<{ readonly changes: readonly RowChange[] }>> =>
    withPieces(async () => {
      if (round.plan.kind === 'check') return done({ changes: [] });
      const { requests, rows } = await new Pieces(round.plan.id, runs, versions).of(piece);
      const waiting = rows.flatMap((row, index) => {
        const request = requests[index];
        return row.state === 'waiting' && request ? [{ row, index, request }] : [];
      });
      const found = await eachOf(waiting, async ({ row: { busySince: _busy, ...row }, index, request }) => {
        const { run } = rowRun(round, piece * PIECE_ROWS + index, row.retry, request, config);
        const known = await runs.find(clientKey(request), randomOf(run.run));
        if (!known) return [];
        const operation = formatOperationId(known);
        return [{ index, status: { ...row, state: 'running' as const, operation, startedAt: round.at } }];
      });
      return done({ changes: found.flat() });
    });
}
