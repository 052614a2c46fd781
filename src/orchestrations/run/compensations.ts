import type { OperationFailure } from '../../domain/operations/operation.js';
import type { Run } from '../../domain/operations/run.js';
import type { StepName } from '../../domain/operations/stepNames.js';
import type { Undone } from '../../domain/operations/undone.js';
import { StepFailed, type Flow } from './flow.js';
import type { RunContext } from './runContext.js';

/**
 * Takes one action back, with the run as it undoes. Returns what it kept on purpose or could not restore, and why; nothing
 * when all is as before.
 */
export type Undo = (run: RunContext<Run>) => Flow<Undone>;

export interface Compensation {
  readonly name: StepName;
  readonly undo: Undo;
  /** Runs instead when the client was revoked. Absent: nothing runs, since what a revoked client had is kept for inspection. */
  readonly whenRevoked?: Undo;
}

/** What follows a failed run's undo. @returns fields that the failure gets. */
export type AfterUndo = (failure: OperationFailure, error: StepFailed) => Flow<Partial<OperationFailure>>;

export interface UndoReport {
  readonly residue: readonly string[];
  readonly kept: readonly string[];
}

/** How to take back what a run did. Each compensation is registered before its action. */
export class Compensations {
  private readonly registered: Compensation[] = [];
  private readonly hooks: AfterUndo[] = [];

  register(compensations: readonly Compensation[]): void {
    this.registered.push(...compensations);
  }

  /** Registers what follows the undo, whether or not there was anything to undo. */
  afterUndo(hook: AfterUndo): void {
    this.hooks.push(hook);
  }

  /** Whether no action began that would have to be undone. */
  get isEmpty(): boolean {
    return this.registered.length === 0;
  }

  /**
   * Undoes everything, last first. One that fails does not keep the earlier ones from being tried.
   *
   * @param isRevoked whether the client counts as revoked by now; read before each undo
   */
  *undoAll(run: RunContext<Run>, isRevoked: () => boolean): Flow<UndoReport> {
    const residue: string[] = [];
    const kept: string[] = [];
    run.log.enter('undoing');
    for (const { name, undo: regular, whenRevoked } of this.registered.toReversed()) {
      const undo = isRevoked() ? whenRevoked : regular;
      if (!undo) {
        kept.push(`${name}: left out, what a revoked client had is kept for inspection`);
        continue;
      }
      try {
        const undone = yield* run.step(name, () => undo(run));
        if (undone.kept) kept.push(undone.kept);
        if (undone.residue) residue.push(undone.residue);
      } catch (error) {
        if (!(error instanceof StepFailed)) throw error;
        residue.push(`${name}: ${error.message}`);
      }
    }
    return { residue, kept };
  }

  /** Runs what follows the undo. @returns the failure with the fields that it gets. */
  *finish(undone: OperationFailure, error: StepFailed): Flow<OperationFailure> {
    let failure = undone;
    for (const hook of this.hooks) failure = { ...failure, ...(yield* hook(failure, error)) };
    return failure;
  }
}
