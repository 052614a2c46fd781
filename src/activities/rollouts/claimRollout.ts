import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';

import { pieceAnswer } from '../../domain/rollouts/piece.js';
import type { PieceAnswer } from '../../domain/rollouts/pieceState.js';
import type { Runs } from '../../ports/runs.js';
import { Pieces, withPieces } from './pieces.js';
import { claimOf } from '../starting/rowRuns.js';

interface ClaimRolloutInput {
  /** Id of the rollout. */
  readonly id: string;
  /** Number of its pieces. */
  readonly pieces: number;
}

/** A rollout as it is stored. */
export interface StoredRollout {
  /** A hash of each row's client, in the order of the rows. */
  readonly clients: readonly string[];
  /** How each piece stands. */
  readonly pieces: readonly PieceAnswer[];
}

/** Reads all pieces of a rollout when it is opened, and names the clients that it claims. */
export function claimRollout(
  { id, pieces: count }: ClaimRolloutInput,
  runs: Runs,
): Promise<StepOutcome<StoredRollout>> {
  return withPieces(async () => {
    const pieces = new Pieces(id, runs);
    const read = await Promise.all(Array.from({ length: count }, (_, piece) => pieces.of(piece)));
    return done({
      clients: read.flatMap(({ requests }) => requests.map(claimOf)),
      pieces: read.map(pieceAnswer),
    });
  });
}
