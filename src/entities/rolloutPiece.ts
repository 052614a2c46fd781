import { done, retryLater, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { EntityCall } from '../domain/operations/entityCall.js';
import { cancelWaitingRows, noteChanges, pieceAnswer, putRows, retryFailedRows } from '../domain/rollouts/piece.js';
import { EMPTY_PIECE, type PieceAnswer, type PieceRequests, type PieceState } from '../domain/rollouts/pieceState.js';

type PieceOperation = keyof PieceRequests;

type PieceWork = {
  readonly [Operation in PieceOperation]: (piece: PieceState, request: PieceRequests[Operation]) => PieceState;
};

const WORK: PieceWork = {
  put: (piece, { requests }) => putRows(piece, requests),
  read: (piece) => piece,
  note: (piece, { changes }) => noteChanges(piece, changes),
  retryFailed: (piece, { command, found }) => retryFailedRows(piece, command, found),
  cancelWaiting: cancelWaitingRows,
  drop: () => EMPTY_PIECE,
};

/** The entity of up to 500 rows of a rollout. It calls no service and never throws. */
export async function rolloutPiece(
  call: EntityCall<PieceRequests>,
  piece: PieceState,
): Promise<{ readonly state: PieceState; readonly outcome: StepOutcome<PieceAnswer>; readonly isDropped?: boolean }> {
  const { operation } = call;
  // The signal with the rows may come after the first call.
  if (piece.rows.length === 0 && operation !== 'put' && operation !== 'drop')
    return { state: piece, outcome: retryLater('the rows have not arrived') };
  const state = changed(call, piece);
  return { state, outcome: done(pieceAnswer(state)), ...(operation === 'drop' ? { isDropped: true } : {}) };
}

function changed<Operation extends PieceOperation>(
  { operation, request }: EntityCall<PieceRequests, Operation>,
  piece: PieceState,
): PieceState {
  return WORK[operation](piece, request);
}
