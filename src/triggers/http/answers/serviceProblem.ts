import type { HttpResponseInit } from '@azure/functions';
import { ServiceError } from '../../../serviceErrors/serviceError.js';
import { problem } from './problem.js';

/** Of a route that reads from Azure before it answers: what Azure did not answer becomes a problem that says so. */
export async function orServiceProblem(work: () => Promise<HttpResponseInit>): Promise<HttpResponseInit> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const headers = error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) };
    return problem(
      {
        status: error.isRetryable ? 503 : 502,
        code: 'service-error',
        title: 'Azure did not answer as needed.',
        detail: error.message,
      },
      headers,
    );
  }
}
