import type { HttpResponseInit } from '@azure/functions';
import type { RunningOperation } from '../../../domain/operations/operation.js';
import type { StartResult } from '../../../ports/runs.js';
import { problem, problemBody, type Details } from './problem.js';
import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';

/** Seconds that callers should wait before they read the operation. */
const POLL_SECONDS = '2';

/**
 * The address of an operation, relative to the host. An absolute address would need the request's `Host` header, in
 * which a sender can write any host.
 */
export function operationLocation(id: string): string {
  return `/api/operations/${encodeURIComponent(id)}`;
}

/** Builds the answer to a request for one run: 202 with its operation, or why none was started. */
export function startAnswer(result: StartResult): HttpResponseInit {
  if (result.kind === 'unknown') return problem(refusal(result), { 'retry-after': '5' });
  const location = operationLocation(result.id);
  if (result.kind === 'conflict') return problem(refusal(result), { location });
  return {
    status: 202,
    headers: { location, 'retry-after': POLL_SECONDS },
    jsonBody: { id: result.id, status: 'running' } satisfies RunningOperation,
  };
}

/** Builds the part of an answer about several clients, as {@link startAnswer}. */
export function startPart(result: StartResult): RunningOperation | { readonly problem: ProblemDetails } {
  return result.kind === 'running' ? { id: result.id, status: 'running' } : { problem: problemBody(refusal(result)) };
}

function refusal(result: Exclude<StartResult, { kind: 'running' }>): Details {
  if (result.kind === 'unknown')
    return {
      status: 503,
      code: 'engine-slow',
      title: 'The start could not be confirmed.',
      detail:
        'The durable engine did not confirm the run in time. Send the same request again: it attaches if the run started.',
    };
  return {
    status: 409,
    code: 'another-run',
    title: 'Another run of this client is in progress.',
    detail: `Operation ${result.id} (${result.runningKind}) has not ended. Wait until it ends, then send the request again.`,
    running: result.id,
  };
}
