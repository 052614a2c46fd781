import type { FailureCode } from '@connected-registry/protocol/answers/codes';
import { errorPlace } from './errorPlace.js';
import {
  awaitTurn,
  failed,
  retryLater,
  type Failed,
  type RetryLater,
  type StepOutcome,
} from '../domain/operations/stepOutcome.js';
import { ServiceError, type ServiceErrorKind } from './serviceError.js';

/** Kinds of errors that a retry cannot solve. */
const FINAL: Readonly<Partial<Record<ServiceErrorKind, FailureCode>>> = {
  notFound: 'service-not-found',
  forbidden: 'service-forbidden',
  refused: 'service-refused',
};

/**
 * Runs an activity's work and turns a throw into an outcome, so that the durable history contains outcomes only. An
 * error that is not a ServiceError may quote a password: only its name and stack frames are logged, and its message is
 * dropped.
 */
export async function outcomeOf<O extends StepOutcome<unknown>>(
  work: () => Promise<O>,
): Promise<O | RetryLater | Failed> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServiceError)) return unexpected(error);
    // The settings can solve it: a code of its own says so.
    if (error.detail === 'vault-not-configured') return failed('vault-not-configured', error.message);
    const code = FINAL[error.kind];
    if (code !== undefined) return failed(code, error.message);
    if (error.kind === 'throttled') return awaitTurn(error.message, error.retryAfterSeconds);
    return retryLater(error.message, error.retryAfterSeconds);
  }
}

function unexpected(error: unknown): RetryLater {
  const place = errorPlace(error);
  console.error(JSON.stringify({ event: 'activity.unexpectedError', ...place }));
  return retryLater(`an unexpected ${place.name}; the log entry activity.unexpectedError shows where`);
}
