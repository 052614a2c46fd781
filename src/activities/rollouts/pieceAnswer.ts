import { NO_ROWS, type PieceAnswer, type PieceState, type RowCounts } from '../../domain/rollouts/rollout.js';

/** How a piece stands. */
export function answerOf({ rows, version }: PieceState): PieceAnswer {
  const counts: Record<keyof RowCounts, number> = { ...NO_ROWS };
  const failures: Record<string, number> = {};
  for (const { state, code } of rows) {
    counts[state] += 1;
    if (state === 'failed' && code !== undefined) failures[code] = (failures[code] ?? 0) + 1;
  }
  return { version, counts, failures };
}
