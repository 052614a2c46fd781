import type { OrchestrationContext } from 'durable-functions';
import type { OperationFailure } from '../../domain/operations/operation.js';
import type { Run } from '../../domain/operations/run.js';
import { ClientRecords } from '../steps/clientRecord.js';
import { StepFailed, type Flow } from './flow.js';
import { Refused } from './refused.js';
import type { UndoableParts } from './runParts.js';

/**
 * Undoes what a failed run has done. Whatever it failed of: of a client that was revoked since the run was asked for, or is
 * while it undoes, what there is is kept for inspection, and the revocation is the reason that is given.
 */
export function* undoFailure(
  context: OrchestrationContext,
  input: Run,
  error: StepFailed,
  { saga, log, cancellation, undoing }: UndoableParts,
): Flow<OperationFailure> {
  const revokedAt = saga.isEmpty ? undefined : yield* new ClientRecords(context, input).revokedSince(undoing);
  const isRevoked = (): boolean => revokedAt !== undefined || cancellation.isRevoked;
  const { residue, kept } = yield* saga.undoAll(log, isRevoked);
  const problems = error instanceof Refused ? { problems: error.problems } : {};
  const { code, message } = isRevoked() ? asRevoked(error, revokedAt) : error;
  return { code, message, residue, kept, ...problems };
}

function asRevoked(error: StepFailed, revokedAt: string | undefined): StepFailed {
  if (error.code === 'revoked') return error;
  const at = revokedAt === undefined ? '' : ` at ${revokedAt}`;
  return new StepFailed('revoked', `the client was revoked${at}; before that was noticed: ${error.message}`);
}
