import type { RowReason } from '@connected-registry/protocol/answers/rolloutAnswers';
import type { RowChange, RowStatus } from './rollout.js';

/**
 * Maximum bytes of the reasons that the rows of one piece keep. Its rows and how they stand share 1 MiB (MAX_PIECE_BYTES); what refuses
 * hundreds of rows mostly has the same few reasons.
 */
export const MAX_REASON_BYTES = 60_000;

/** Maximum bytes of the reasons of one row. */
const MAX_ROW_BYTES = 2_000;

/** How a row was planned, with the problems that it would meet. */
export interface PlannedRow extends RowChange {
  readonly problems: readonly RowReason[];
}

/**
 * Adds message and fix of the problems to refused rows: to as many as have room, and to at least one for each code.
 * @param rows of the whole piece, as they stand
 */
export function withReasons(rows: readonly RowStatus[], planned: readonly PlannedRow[]): RowChange[] {
  const before = rows.flatMap(({ reasons }) => (reasons === undefined ? [] : reasons));
  const explained = new Set(before.map(({ code }) => code));
  let used = before.reduce((sum, reason) => sum + bytesOf(reason), 0);
  return planned.map(({ index, status, problems }) => {
    const reasons = status.state === 'failed' ? fitting(problems) : [];
    const bytes = reasons.reduce((sum, reason) => sum + bytesOf(reason), 0);
    const isNew = reasons.some(({ code }) => !explained.has(code));
    if (reasons.length === 0 || (!isNew && used + bytes > MAX_REASON_BYTES)) return { index, status };
    used += bytes;
    for (const { code } of reasons) explained.add(code);
    return { index, status: { ...status, reasons } };
  });
}

function fitting(problems: readonly RowReason[]): RowReason[] {
  let room = MAX_ROW_BYTES;
  return problems.filter((problem) => {
    const bytes = bytesOf(problem);
    if (bytes > room) return false;
    room -= bytes;
    return true;
  });
}

function bytesOf(reason: RowReason): number {
  return Buffer.byteLength(JSON.stringify(reason));
}
