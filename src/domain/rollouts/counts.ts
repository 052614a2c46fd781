import { NO_ROWS, type RowCounts, type RowStatus } from './row.js';

/** Number of rows that have ended, in any way. */
export function endedRows({ completed, failed, cancelled, planned }: RowCounts): number {
  return completed + failed + cancelled + planned;
}

/** Number of rows that have not ended. */
export function openRows({ waiting, running }: RowCounts): number {
  return waiting + running;
}

/** Counts rows by state, and failed rows by code. */
export function countRows(rows: readonly RowStatus[]): {
  readonly counts: RowCounts;
  readonly failures: Readonly<Record<string, number>>;
} {
  const counts: Record<keyof RowCounts, number> = { ...NO_ROWS };
  const failures: Record<string, number> = {};
  for (const { state, code } of rows) {
    counts[state] += 1;
    if (state === 'failed' && code !== undefined) failures[code] = (failures[code] ?? 0) + 1;
  }
  return { counts, failures };
}
