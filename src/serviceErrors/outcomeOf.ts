import type { FailureCode } from '@connected-registry/protocol/answers/codes';
import { errorPlace } from './errorPlace.js';
import {
  failed,
  retryLater,
  type Failed,
  type RetryLater,
  type StepOutcome,
} from '../domain/operations/stepOutcome.js';
import { ServiceError, type ServiceErrorKind } from './serviceError.js';

/** What no repetition mends. */
const FINAL: Readonly<Partial<Record<ServiceErrorKind, FailureCode>>> = {
  notFound: 'service-not-found',
  forbidden: 'service-forbidden',
  refused: 'service-refused',
};

/**
 * Turns whatever an activity's work throws into an outcome, so that nothing but outcomes reaches the durable history.
 * An error that is not a service's may quote anything, a password too: its message goes nowhere, its name and place
 * (stack frames) go to the log.
 */
export async function outcomeOf<O extends StepOutcome<unknown>>(
  work: () => Promise<O>,
): Promise<O | RetryLater | Failed> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError)) return unexpected(error);
    const code = FINAL[error.kind];
    return code === undefined ? retryLater(error.message, error.retryAfterSeconds) : failed(code, error.message);
  }
}

function unexpected(error: unknown): RetryLater {
  const place = errorPlace(error);
  console.error(JSON.stringify({ event: 'activity.unexpectedError', ...place }));
  return retryLater(`an unexpected ${place.name}; the log entry activity.unexpectedError shows where`);
}
