import type { PullOutcome } from '../src/domain/pullCheckMessages.js';

export type FailureClass = Exclude<PullOutcome, 'pulled'>;

/** A pull check that ended, with the class that goes into the report and a reason for the agent's own log. */
export class PullFailure extends Error {
  override name = 'PullFailure';

  /** `reason` is logged: it must not repeat a password, a token, or text that came from outside unchecked. */
  constructor(
    readonly outcome: FailureClass,
    reason: string,
  ) {
    super(reason);
  }
}

/** Any throw as a {@link PullFailure}; of an unexpected one only name and code are kept, since its text may quote a header. */
export function asPullFailure(error: unknown): PullFailure {
  return error instanceof PullFailure ? error : new PullFailure('error', `unexpected ${errorName(error)}`);
}

/** What may be said of any error: its code or, without one, its class. Looks into the cause, where fetch puts it. */
export function errorName(error: unknown): string {
  return errorCode(error) ?? (error instanceof Error ? error.name : typeof error);
}

/** The Node or OpenSSL code of an error, or of what caused it. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : errorCode(error.cause);
}
