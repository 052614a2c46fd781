import { StepFailed, type Flow } from './flow.js';
import type { ProgressLog } from './progressLog.js';
import type { StepRunner, Steps } from './stepRunner.js';

/** Ends with what it left alone on purpose, and why; with nothing when all is gone. */
export type Undo = (steps: Steps) => Flow<{ readonly kept?: string }>;

interface RegisteredUndo {
  readonly name: string;
  readonly undo: Undo;
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
  private readonly cannotBeUndone: string[] = [];

  /** @param runner tries each undo for as long as undoing may take. */
  constructor(private readonly runner: StepRunner) {}

  onFailure(name: string, undo: Undo): void {
    this.undos.push({ name, undo });
  }

  /** Something that is lost for good once done; it will be listed. */
  cannotUndo(what: string): void {
    this.cannotBeUndone.push(what);
  }

  /** Undoes all, last first. An undo that fails does not keep the earlier ones from being tried. */
  *undoAll(log: ProgressLog): Flow<UndoReport> {
    const residue = [...this.cannotBeUndone];
    const kept: string[] = [];
    log.enter('undoing');
    for (const { name, undo } of [...this.undos].reverse()) {
      try {
        const undone = yield* this.runner.step(name, () => undo(this.runner.steps));
        if (undone.kept) kept.push(undone.kept);
      } catch (error) {
        if (!(error instanceof StepFailed)) throw error;
        residue.push(`${name}: ${error.message}`);
      }
    }
    return { residue, kept };
  }
}
