import { instantOf } from '@connected-registry/protocol/names/operationId';
import { audit } from '../../audit/audit.js';
import { secondsTaken } from '../../domain/operations/endedOperation.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { WorksFor } from '../../domain/operations/worksFor.js';
import type { RolloutOutcome } from '../../domain/rollouts/controlState.js';
import { ROLLOUT, rolloutInstance } from '../../domain/rollouts/rollout.js';

/** How an instance of a rollout ended: with its outcome, or by an internal error. */
export type RolloutEnd = RolloutOutcome | { readonly endedAt: string; readonly crashed: true };

/** Input of {@link auditRolloutEnd}. */
export interface AuditRolloutEnd extends WorksFor {
  /** Id of the rollout, and of this instance's run. */
  readonly rollout: string;
  readonly run: string;
  readonly end: RolloutEnd;
}

/**
 * Writes the audit line of a rollout's end, as a warning if the rollout itself failed. A repeated activity writes it
 * twice.
 */
export async function auditRolloutEnd({
  rollout,
  run,
  end,
}: Omit<AuditRolloutEnd, 'by'>): Promise<StepOutcome<object>> {
  const { endedAt } = end;
  const facts = {
    resource: rolloutInstance(rollout),
    kind: ROLLOUT,
    seconds: secondsTaken({ startedAt: instantOf(run) ?? endedAt, endedAt }),
    residue: [],
  };
  if ('crashed' in end) {
    audit('run.end.failed', { ...facts, outcome: 'failed', reason: 'internal', code: 'internal' }, 'warning');
    return done({});
  }
  const { status, counts } = end;
  const { completed, failed, cancelled, planned } = counts;
  const ended = { ...facts, completed, failed, cancelled, planned };
  if (status === 'stopped')
    audit('run.end.failed', { ...ended, outcome: 'failed', reason: status, code: status }, 'warning');
  else if (status === 'refused') audit('run.end.failed', { ...ended, outcome: 'failed', reason: status, code: status });
  else audit('run.end.succeeded', { ...ended, outcome: status });
  return done({});
}
