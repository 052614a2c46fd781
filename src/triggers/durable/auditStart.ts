import { audit } from '../../audit/audit.js';
import type { StartResult } from '../../ports/runs.js';

/** Writes the audit line about a start of a run. @param instance the client's key, or the check's instance id */
export function auditStart(result: StartResult, instance: string): void {
  switch (result.kind) {
    case 'running': {
      const reason = result.attached ? 'attached' : 'started';
      return audit('run.start.succeeded', { resource: instance, operation: result.id, reason });
    }
    case 'conflict':
      return audit('run.start.refused', { resource: instance, operation: result.id, reason: 'another-run' });
    case 'unknown':
      return audit('run.start.failed', { resource: instance, reason: 'engine-slow' });
  }
}
