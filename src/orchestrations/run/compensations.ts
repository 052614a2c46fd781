import type { OperationFailure } from '../../domain/operations/operation.js';
import type { Run } from '../../domain/operations/run.js';
import { StepFailed, type Flow } from './flow.js';
import type { RunContext } from './runContext.js';

export interface UndoReport {
  readonly residue: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Undoes everything, last first. One that fails does not keep the earlier ones from being tried.
 *
 * @param isRevoked whether the client counts as revoked by now; read before each undo
 */
export function* undoAll(run: RunContext<Run>, isRevoked: () => boolean): Flow<UndoReport> {
  const residue: string[] = [];
  const kept: string[] = [];
  run.log.enter('undoing');
  for (const { name, undo: regular, whenRevoked } of run.compensations.toReversed()) {
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
export function* followUp(run: RunContext<Run>, undone: OperationFailure, error: StepFailed): Flow<OperationFailure> {
  let failure = undone;
  for (const hook of run.followUps) failure = { ...failure, ...(yield* hook(failure, error)) };
  return failure;
}
