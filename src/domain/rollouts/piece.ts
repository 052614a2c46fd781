import { countRows } from './counts.js';
import type { PieceAnswer, PieceState } from './pieceState.js';
import type { RolloutRequest } from './rollout.js';
import type { RowChange, RowStatus } from './row.js';

/** Maximum commands that a piece remembers. */
const MAX_COMMANDS = 20;

/** How a piece stands. */
export function pieceAnswer({ rows, version }: PieceState): PieceAnswer {
  return { version, ...countRows(rows) };
}

/** Stores the rows. Does nothing if the piece has rows, so that a repetition does not lose how they stand. */
export function putRows(piece: PieceState, requests: readonly RolloutRequest[]): PieceState {
  if (piece.rows.length > 0) return piece;
  return { requests, rows: requests.map(() => ({ state: 'waiting', retry: 0 })), version: 1 };
}

/** Notes how rows stand. A change that is older than a retry, a start or an end of its row is dropped. */
export function noteChanges(piece: PieceState, changes: readonly RowChange[]): PieceState {
  const rows = [...piece.rows];
  for (const { index, status } of changes) {
    const before = rows[index];
    if (before && status.retry === before.retry && progress(status) >= progress(before)) rows[index] = status;
  }
  return { ...piece, rows, version: piece.version + 1 };
}

/** How far a row is in its try: it waits, runs, has ended. A row never goes back. */
function progress({ state }: RowStatus): number {
  if (state === 'waiting') return 0;
  return state === 'running' ? 1 : 2;
}

/**
 * Makes failed and cancelled rows wait again, once for each command.
 * @param found of these rows, those whose run was found to run, or to have completed: they follow it, and get no other
 * run
 */
export function retryFailedRows(piece: PieceState, command: string, found: readonly RowChange[]): PieceState {
  const carriedOut = piece.carriedOut ?? [];
  if (carriedOut.includes(command)) return piece;
  const followed = new Map(found.map(({ index, status }) => [index, status]));
  const rows = piece.rows.map((row, index): RowStatus => {
    if (row.state !== 'failed' && row.state !== 'cancelled') return row;
    const follows = followed.get(index);
    return follows?.retry === row.retry ? follows : { state: 'waiting', retry: row.retry + 1 };
  });
  return { ...piece, rows, version: piece.version + 1, carriedOut: [...carriedOut, command].slice(-MAX_COMMANDS) };
}

/** Cancels the rows that were not started. */
export function cancelWaitingRows(piece: PieceState): PieceState {
  const rows = piece.rows.map((row): RowStatus =>
    row.state === 'waiting' ? { state: 'cancelled', retry: row.retry } : row,
  );
  return { ...piece, rows, version: piece.version + 1 };
}
