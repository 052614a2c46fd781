import { done, retryLater, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { WorksFor } from '../domain/operations/worksFor.js';
import { cancelWaitingRows, noteChanges, pieceAnswer, putRows, retryFailedRows } from '../domain/rollouts/piece.js';
import { EMPTY_PIECE, type PieceAnswer, type PieceRequests, type PieceState } from '../domain/rollouts/rollout.js';

type PieceOperation = keyof PieceRequests;
type PieceRequest = PieceRequests[PieceOperation] & WorksFor;

type Work = {
  readonly [Operation in PieceOperation]: (piece: PieceState, request: PieceRequests[Operation]) => PieceState;
};

const WORK: Work = {
  put: (piece, { requests }) => putRows(piece, requests),
  read: (piece) => piece,
  note: (piece, { changes }) => noteChanges(piece, changes),
  retryFailed: (piece, { command, found }) => retryFailedRows(piece, command, found),
  cancelWaiting: cancelWaitingRows,
  drop: () => EMPTY_PIECE,
};

/** The entity of up to 500 rows of a rollout. It calls no service and never throws. */
export async function rolloutPiece(
  operation: PieceOperation,
  request: PieceRequest,
  piece: PieceState,
): Promise<{ readonly state: PieceState; readonly outcome: StepOutcome<PieceAnswer>; readonly isDropped?: boolean }> {
  // The signal with the rows may come after the first call.
  if (piece.rows.length === 0 && operation !== 'put' && operation !== 'drop')
    return { state: piece, outcome: retryLater('the rows have not arrived') };
  // The sender's types guarantee that the request belongs to the operation.
  const work = WORK[operation] as (piece: PieceState, request: PieceRequest) => PieceState;
  const state = work(piece, request);
  return { state, outcome: done(pieceAnswer(state)), ...(operation === 'drop' ? { isDropped: true } : {}) };
}
