import type { OperationFailure, OperationOutcome, OperationResult } from '../../domain/operations/operation.js';
import type { Run } from '../../domain/operations/run.js';
import { ClientRecords } from '../steps/clientRecord.js';
import { followUp, undoAll } from './compensations.js';
import { StepFailed, type Flow } from './flow.js';
import { PreflightRefused } from './refused.js';
import type { RunContext } from './runContext.js';

/**
 * Runs a flow to its end: completed with its result, or rolled back, or failed when something of it could not be
 * undone.
 */
export function* completeOrUndo<Result extends OperationResult>(
  run: RunContext<Run>,
  flow: () => Flow<Result>,
): Flow<OperationOutcome<Result>> {
  try {
    return run.log.close({ status: 'completed', result: yield* flow() });
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    const failure = yield* followUp(run, yield* undo(run, error), error);
    return run.log.close<Result>({ status: failure.residue.length === 0 ? 'rolledBack' : 'failed', failure });
  }
}

/**
 * Undoes what a failed run did. When its client was revoked since the run was requested, or is revoked during the undo,
 * what there is is kept for inspection, and the failure names the revocation as its reason.
 */
function* undo(run: RunContext<Run>, error: StepFailed): Flow<OperationFailure> {
  const undoing = run.undoing();
  const revokedAt = run.compensations.length === 0 ? undefined : yield* new ClientRecords(undoing).revokedSince();
  const isRevoked = (): boolean => revokedAt !== undefined || run.isRevoked;
  const { residue, kept } = yield* undoAll(undoing, isRevoked);
  const problems = error instanceof PreflightRefused ? { problems: error.problems } : {};
  const { code, message } = isRevoked() ? asRevoked(error, revokedAt) : error;
  return { code, message, residue, kept, ...problems };
}

function asRevoked(error: StepFailed, revokedAt: string | undefined): StepFailed {
  if (error.code === 'revoked') return error;
  const at = revokedAt === undefined ? '' : ` at ${revokedAt}`;
  return new StepFailed('revoked', `the client was revoked${at}; before that was noticed: ${error.message}`);
}
