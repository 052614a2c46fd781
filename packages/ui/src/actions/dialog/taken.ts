import type { Fault } from '../../data/fault.js';

/**
 * Whether the app may have taken a request although its answer is missing: the connection ended, the time was over, or
 * what answered is not the app, which a gateway between does after it has passed the request on.
 */
export function mayBeTaken(fault: Fault): boolean {
  if (fault.kind === 'unreachable' || fault.kind === 'timeout') return true;
  return fault.kind === 'unexpected' && (fault.status < 400 || fault.status >= 500);
}
