import type { HttpResponseInit } from '@azure/functions';
import { ServiceError } from '../../../serviceErrors/serviceError.js';
import { problem } from './problem.js';

/** Seconds to wait if the service does not say. */
const RETRY_SECONDS = 5;

/** Runs a handler that reads from Azure, and converts a ServiceError to a problem answer. */
export async function orServiceProblem(work: () => Promise<HttpResponseInit>): Promise<HttpResponseInit> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { retryAfterSeconds = RETRY_SECONDS } = error;
    const headers = error.isRetryable ? { 'retry-after': String(retryAfterSeconds) } : {};
    return problem(
      {
        status: error.isRetryable ? 503 : 502,
        code: 'service-error',
        title: 'Azure did not return the expected answer.',
        detail: error.message,
      },
      headers,
    );
  }
}
