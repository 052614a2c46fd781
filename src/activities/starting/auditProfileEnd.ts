import { instantOf } from '@connected-registry/protocol/names/operationId';
import { audit } from '../../audit/audit.js';
import { secondsTaken } from '../../domain/operations/endedOperation.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { WorksFor } from '../../domain/operations/worksFor.js';
import { ONBOARD_PROFILE, type ProfileOutcome } from '../../domain/profiles/onboardProfile.js';

/** How the start of a profile's clients ended: with its outcome, or by an internal error. */
export type ProfileEnd = ProfileOutcome | { readonly endedAt: string; readonly crashed: true };

/** Input of {@link auditProfileEnd}. */
export interface AuditProfileEnd extends WorksFor {
  readonly instance: string;
  readonly run: string;
  readonly end: ProfileEnd;
}

/** Maximum clients that one line names. */
const MAX_NAMED = 20;

/** Writes one audit line, as a warning if clients were not started. A repeated activity writes it twice. */
export async function auditProfileEnd({
  instance,
  run,
  end,
}: Omit<AuditProfileEnd, 'by'>): Promise<StepOutcome<object>> {
  const { endedAt } = end;
  const seconds = secondsTaken({ startedAt: instantOf(run) ?? endedAt, endedAt });
  const facts = { resource: instance, kind: ONBOARD_PROFILE, seconds, residue: [] };
  if ('crashed' in end) {
    audit('run.end.failed', { ...facts, outcome: 'failed', reason: 'internal', code: 'internal' }, 'warning');
    return done({});
  }
  const { started, repeated, stale, notStarted } = end;
  const counts = { started, repeated, stale, left: notStarted.length };
  if (notStarted.length === 0) audit('run.end.succeeded', { ...facts, outcome: 'completed', ...counts });
  else
    audit(
      'run.end.failed',
      {
        ...facts,
        outcome: 'failed',
        reason: 'not-started',
        code: 'not-started',
        ...counts,
        clients: notStarted.slice(0, MAX_NAMED),
      },
      'warning',
    );
  return done({});
}
