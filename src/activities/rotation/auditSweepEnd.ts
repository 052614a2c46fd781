import { secondsTaken } from '../../domain/operations/endedOperation.js';
import { instantOf } from '@connected-registry/protocol/names/operationId';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { SWEEP_INSTANCE, type SweepOutcome } from '../../domain/rotation/sweep.js';
import type { WorksFor } from '../../domain/operations/worksFor.js';
import { audit } from '../../audit/audit.js';

/** How a sweep ended: with its outcome, or by an internal error. */
export type SweepEnd = SweepOutcome | { readonly endedAt: string; readonly crashed: true };

/** Input of {@link auditSweepEnd}. */
export interface AuditSweepEnd extends WorksFor {
  /** Run id of the sweep. */
  readonly sweep: string;
  readonly end: SweepEnd;
}

/** Writes the audit line of a sweep's end, as a warning if failures stopped it. A repeated activity writes it twice. */
export async function auditSweepEnd({ sweep, end }: Omit<AuditSweepEnd, 'by'>): Promise<StepOutcome<object>> {
  const { endedAt } = end;
  const facts = {
    resource: SWEEP_INSTANCE,
    kind: SWEEP_INSTANCE,
    seconds: secondsTaken({ startedAt: instantOf(sweep) ?? endedAt, endedAt }),
  };
  if ('crashed' in end) {
    audit(
      'run.end.failed',
      { ...facts, outcome: 'failed', reason: 'internal', code: 'internal', residue: [] },
      'warning',
    );
    return done({});
  }
  const { started, completed, failed, left, stopped } = end;
  const counts = { started, completed, failed, left, residue: [] };
  if (!stopped) audit('run.end.succeeded', { ...facts, outcome: 'completed', ...counts });
  else
    audit('run.end.failed', { ...facts, outcome: 'failed', reason: 'stopped', code: 'stopped', ...counts }, 'warning');
  return done({});
}
