import type { RowCounts, RowStatus, RowChange } from './row.js';
import type { RolloutRequest } from './rollout.js';

/** Entity: one for up to {@link PIECE_ROWS} rows of a rollout, by {@link pieceKey}. */
export const ROLLOUT_PIECE = 'rolloutPiece';

/** Rows in one entity, so that no message of the engine becomes large. */
export const PIECE_ROWS = 500;

export function pieceKey(id: string, piece: number): string {
  return `${id}-${piece}`;
}

/** Number of pieces of so many rows. */
export function piecesOf(rows: number): number {
  return Math.ceil(rows / PIECE_ROWS);
}

/** State of {@link ROLLOUT_PIECE}: the rows that were requested, and the status of each. */
export interface PieceState {
  readonly requests: readonly RolloutRequest[];
  readonly rows: readonly RowStatus[];
  readonly version: number;
  /** Ids of the last commands of operators that it carried out, at most 20. */
  readonly carriedOut?: readonly string[];
}

export const EMPTY_PIECE: PieceState = { requests: [], rows: [], version: 0 };

/** What a piece's operations answer. */
export interface PieceAnswer {
  readonly version: number;
  readonly counts: RowCounts;
  readonly failures: Readonly<Record<string, number>>;
}

/**
 * Operations of {@link ROLLOUT_PIECE}. `put` is signalled once by the route and does nothing when the piece has rows.
 * `read` answers `retryLater` until then. `retryFailed` makes failed and cancelled rows wait again, with `retry` + 1,
 * except those whose runs were `found`. `cancelWaiting` ends rows that were not started. `drop` deletes the state.
 */
export interface PieceRequests {
  readonly put: { readonly requests: readonly RolloutRequest[] };
  readonly read: object;
  readonly note: { readonly changes: readonly RowChange[] };
  readonly retryFailed: { readonly command: string; readonly found: readonly RowChange[] };
  readonly cancelWaiting: object;
  readonly drop: object;
}

/**
 * Maximum bytes of the requests of one piece's rows, as JSON. The rest of the 1 MiB that `MAX_CLAIMED` explains is left
 * for the statuses of the rows.
 */
export const MAX_PIECE_BYTES = 700_000;
