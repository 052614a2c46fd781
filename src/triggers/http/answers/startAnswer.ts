import type { HttpResponseInit } from '@azure/functions';
import type { RunningOperation } from '../../../domain/operations/operation.js';
import type { StartResult } from '../../../ports/runs.js';
import { problem, problemBody, type Details } from './problem.js';
import type { ProblemDetails } from './problemDetails.js';

/** What callers should wait before they ask for the operation, in seconds. */
const POLL_SECONDS = '2';

/**
 * Where an operation is looked at, as a reference relative to the host that the caller knows: a request's `Host` is whatever
 * its sender wrote, so that an address made of it would lead wherever that sender likes.
 */
export function operationLocation(id: string): string {
  return `/api/operations/${encodeURIComponent(id)}`;
}

/** The answer to a request for one run: 202 with its operation, or why there is none. */
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

/** The same as a part of an answer about several clients. */
export function startPart(result: StartResult): RunningOperation | { readonly problem: ProblemDetails } {
  return result.kind === 'running' ? { id: result.id, status: 'running' } : { problem: problemBody(refusal(result)) };
}

function refusal(result: Exclude<StartResult, { kind: 'running' }>): Details {
  if (result.kind === 'unknown')
    return {
      status: 503,
      code: 'engine-slow',
      title: 'The start could not be confirmed.',
      detail: 'The durable engine did not show the run in time. Send the same request again: it attaches if it runs.',
    };
  return {
    status: 409,
    code: 'another-run',
    title: 'Another run of this client is in progress.',
    detail: `Operation ${result.id} (${result.runningKind}) has not ended. Wait for its end, then send the request again.`,
    running: result.id,
  };
}
