import type { Undone } from '../../domain/operations/undone.js';
import { StepFailed, type Flow } from './flow.js';
import type { ProgressLog } from './progressLog.js';
import type { StepRunner } from './stepRunner.js';

/** Ends with what it left alone on purpose, or could not mend, and why; with nothing when all is as before. */
export type Undo = (runner: StepRunner) => Flow<Undone>;

interface RegisteredUndo {
  readonly name: string;
  readonly undo: Undo;
  readonly whenRevoked: Undo | undefined;
}

export interface UndoReport {
  readonly residue: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Remembers how to take back what was done. An undo is registered before its action: an action may have had its effect
 * although its answer was lost, so every undo also holds for an action that never happened.
 */
export class Saga {
  private readonly undos: RegisteredUndo[] = [];

  /** @param runner tries each undo for as long as undoing may take. */
  constructor(private readonly runner: StepRunner) {}

  /**
   * @param whenRevoked what to do in its place when the client was revoked meanwhile; by default nothing, since what a
   *   revoked client had is kept for inspection.
   */
  onFailure(name: string, undo: Undo, whenRevoked?: Undo): void {
    this.undos.push({ name, undo, whenRevoked });
  }

  /** Nothing was begun that would have to be undone. */
  get isEmpty(): boolean {
    return this.undos.length === 0;
  }

  /**
   * Undoes all, last first. An undo that fails does not keep the earlier ones from being tried.
   * @param isRevoked whether the client counts as revoked by now; looked at before each undo.
   */
  *undoAll(log: ProgressLog, isRevoked: () => boolean = () => false): Flow<UndoReport> {
    const residue: string[] = [];
    const kept: string[] = [];
    log.enter('undoing');
    for (const { name, undo: usual, whenRevoked } of [...this.undos].reverse()) {
      const undo = isRevoked() ? whenRevoked : usual;
      if (!undo) {
        kept.push(`${name}: left out, what a revoked client had is kept for inspection`);
        continue;
      }
      try {
        const undone = yield* this.runner.step(name, () => undo(this.runner));
        if (undone.kept) kept.push(undone.kept);
        if (undone.residue) residue.push(undone.residue);
      } catch (error) {
        if (!(error instanceof StepFailed)) throw error;
        residue.push(`${name}: ${error.message}`);
      }
    }
    return { residue, kept };
  }
}
