import { EXPECTED_FAILURES } from '../domain/operations/cancelEvent.js';
import { secondsTaken, type EndedOperation } from '../domain/operations/endedOperation.js';
import { parseOperationId } from '@connected-registry/protocol/names/operationId';
import { audit } from './audit.js';

/**
 * The audit's line of a run's end: outcome, code, what is left, seconds since it was asked for. A warning where it failed;
 * what somebody meant to end (a cancel, a revocation, a late event) is none, unless something is left of it.
 */
export function auditEnd(ended: EndedOperation): void {
  const { id, kind, actor, status, failure, startedAs } = ended;
  const { code, residue = [] } = failure ?? {};
  const isMeant = code !== undefined && EXPECTED_FAILURES.includes(code) && residue.length === 0;
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
