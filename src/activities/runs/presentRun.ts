import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { OFFBOARD } from '../../domain/operations/run.js';
import { done, retryLater, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { PresentRun, Runs } from '../../ports/runs.js';

interface RevokedClient {
  readonly reference: ClientReference;
  /** ISO 8601. */
  readonly revokedAt: string;
}

/** The client's run as a revocation found it. */
export interface FoundRun {
  readonly operation: string;
  readonly hasEnded: boolean;
  /** Whether it was requested after the revocation, which it clears if it succeeds. */
  readonly isLater: boolean;
  readonly run: PresentRun;
}

/** Reads the client's current or last run. */
export function readPresentRun(
  { reference, revokedAt }: RevokedClient,
  runs: Runs,
): Promise<StepOutcome<{ readonly present?: FoundRun }>> {
  return outcomeOf(async () => {
    const run = await runs.present(reference);
    return done(run ? { present: toFoundRun(run, revokedAt) } : {});
  });
}

interface EndRunInput extends RevokedClient {
  readonly actor: string;
}

/**
 * Asks a run from before the revocation to stop, until it has ended. An offboarding only removes access, so this waits
 * for it without a request to stop. Later runs are left alone.
 */
export function endRun(
  { reference, revokedAt, actor }: EndRunInput,
  runs: Runs,
): Promise<StepOutcome<{ readonly ended?: string }>> {
  return outcomeOf(async () => {
    const run = await runs.present(reference);
    if (!run) return done({});
    const { operation, hasEnded, isLater } = toFoundRun(run, revokedAt);
    if (isLater) return done({});
    if (hasEnded) return done({ ended: operation });
    if (run.kind !== OFFBOARD) await runs.cancel(run.id, actor, 'revoked');
    return retryLater(`waiting for operation ${operation} (${run.kind}) to end`);
  });
}

function toFoundRun(run: PresentRun, revokedAt: string): FoundRun {
  return {
    operation: formatOperationId(run.id),
    hasEnded: run.hasEnded,
    isLater: new Date(run.effectiveAt) > new Date(revokedAt),
    run,
  };
}
