import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { formatOperationId } from '@connected-registry/protocol/names/operationId';
import { OFFBOARD } from '../../domain/operations/run.js';
import { done, retryLater, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { PresentRun, Runs } from '../../ports/runs.js';

export interface RevokedClient {
  readonly reference: ClientReference;
  /** ISO 8601. */
  readonly revokedAt: string;
}

/** The run that a revocation found, and what of it matters. */
export interface RunAtHand {
  readonly operation: string;
  readonly hasEnded: boolean;
  /** It was asked for after the revocation, which it lifts by its success. */
  readonly isLater: boolean;
  readonly run: PresentRun;
}

/** Looks at the run that holds the client, or was the last to. */
export function readPresentRun(
  { reference, revokedAt }: RevokedClient,
  runs: Runs,
): Promise<StepOutcome<{ readonly present?: RunAtHand }>> {
  return outcomeOf(async () => {
    const run = await runs.present(reference);
    return done(run ? { present: atHand(run, revokedAt) } : {});
  });
}

export interface EndRunInput extends RevokedClient {
  readonly actor: string;
}

/**
 * Tells a run that began before the revocation to end, until it has. An offboarding only takes away, so it is waited for
 * without a word. One that began later is none of the revocation's business.
 */
export function endRun(
  { reference, revokedAt, actor }: EndRunInput,
  runs: Runs,
): Promise<StepOutcome<{ readonly ended?: string }>> {
  return outcomeOf(async () => {
    const run = await runs.present(reference);
    if (!run) return done({});
    const { operation, hasEnded, isLater } = atHand(run, revokedAt);
    if (isLater) return done({});
    if (hasEnded) return done({ ended: operation });
    if (run.kind !== OFFBOARD) await runs.cancel(run.id, actor, 'revoked');
    return retryLater(`operation ${operation} (${run.kind}) has not ended`);
  });
}

function atHand(run: PresentRun, revokedAt: string): RunAtHand {
  return {
    operation: formatOperationId(run.id),
    hasEnded: run.hasEnded,
    isLater: new Date(run.effectiveAt) > new Date(revokedAt),
    run,
  };
}
