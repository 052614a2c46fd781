import { retryLater, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { PieceState } from '../../domain/rollouts/pieceState.js';
import type { Runs } from '../../ports/runs.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

/** Thrown when a read of an entity does not show yet what it must. The engine's reads may be older than its answers. */
class TooOld extends Error {
  override readonly name = 'TooOld';
}

/** Reads the pieces of one rollout, each once. */
export class Pieces {
  readonly #read = new Map<number, Promise<PieceState>>();
  #isLate = false;

  /** @param versions the least version that a read of each piece must show; empty while none is known */
  constructor(
    private readonly id: string,
    private readonly runs: Pick<Runs, 'rolloutPiece'>,
    private readonly versions: readonly number[] = [],
  ) {}

  /**
   * Whether a piece was changed since: by later rounds if the work is a late repetition, or by an entity's repeated
   * operation.
   */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** A piece. Only in the work of {@link withPieces}, which answers that it must be read again later. */
  of(piece: number): Promise<PieceState> {
    const known = this.#read.get(piece);
    if (known) return known;
    const reading = this.#fetch(piece);
    this.#read.set(piece, reading);
    return reading;
  }

  async #fetch(piece: number): Promise<PieceState> {
    const atLeast = Math.max(1, this.versions[piece] ?? 0);
    const found = await this.runs.rolloutPiece(this.id, piece, atLeast);
    if (!found || found.rows.length === 0) throw new TooOld(`piece ${piece} of rollout ${this.id} is not stored yet`);
    if (found.version < (this.versions[piece] ?? 0))
      throw new TooOld(`the read of piece ${piece} of rollout ${this.id} does not show its last change yet`);
    if (found.version > (this.versions[piece] ?? Infinity)) this.#isLate = true;
    return found;
  }
}

/** Runs an activity's work that reads pieces. If a read is too old, the work is repeated a second later. */
export function withPieces<T>(work: () => Promise<StepOutcome<T>>): Promise<StepOutcome<T>> {
  return outcomeOf(async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof TooOld) return retryLater(error.message, 0);
      throw error;
    }
  });
}
