import { DELIBERATE_STOPS } from '../domain/operations/cancelEvent.js';
import { secondsTaken, type EndedOperation } from '../domain/operations/endedOperation.js';
import { parseOperationId } from '@connected-registry/protocol/names/operationId';
import { audit } from './audit.js';

/**
 * Writes the audit line of a run's end: outcome, code, residue, and seconds since the request. A failed run is a
 * warning. A run that somebody ended on purpose (a cancel, a revocation, a late event) is a warning only if it left
 * residue.
 */
export function auditEnd(ended: EndedOperation): void {
  const { id, kind, actor, status, failure, startedAs } = ended;
  const { code, residue = [] } = failure ?? {};
  const isMeant = code !== undefined && DELIBERATE_STOPS.includes(code) && residue.length === 0;
  audit(
    status === 'completed' ? 'run.end.succeeded' : 'run.end.failed',
    {
      resource: parseOperationId(id)?.instance ?? id,
      operation: id,
      actor,
      kind,
      outcome: status,
      ...(code === undefined ? {} : { reason: code, code }),
      residue,
      seconds: secondsTaken(ended),
      ...(startedAs === undefined ? {} : { startedAs }),
    },
    status === 'completed' || isMeant ? undefined : 'warning',
  );
}
