import { MAX_PIECE_BYTES, PIECE_ROWS, piecesOf, type RolloutRequest } from '../../../domain/rollouts/rollout.js';
import type { RowFaults } from './rowFaults.js';

/** Finds parts of a rollout that are too large to be stored, as rows with long lists of repositories are. */
export function checkSizes(requests: readonly RolloutRequest[], faults: RowFaults): void {
  for (let piece = 0; piece < piecesOf(requests.length); piece += 1) {
    const rows = requests.slice(piece * PIECE_ROWS, (piece + 1) * PIECE_ROWS);
    const bytes = Buffer.byteLength(JSON.stringify(rows));
    if (bytes <= MAX_PIECE_BYTES) continue;
    faults.add(piece * PIECE_ROWS, {
      field: 'body',
      message: `this row and the ${rows.length - 1} after it take ${bytes} bytes, and at most ${MAX_PIECE_BYTES} can be stored together`,
      fix: 'put long lists of repositories into a profile, or send fewer clients with long rows in one rollout',
    });
  }
}
