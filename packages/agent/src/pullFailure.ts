import type { PullOutcome } from '@connected-registry/protocol/messages/pullCheckMessages';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

export type FailureClass = Exclude<PullOutcome, 'pulled'>;

/** A failed pull check, with the outcome for the report and a reason for the agent's log. */
export class PullFailure extends Error {
  override name = 'PullFailure';

  /** `reason` is logged. It must not contain a password, a token, or unchecked text from outside. */
  constructor(
    readonly outcome: FailureClass,
    reason: string,
  ) {
    super(reason);
  }
}

/**
 * Converts any error to a {@link PullFailure}. Only name and code of an unexpected error are kept, because its text may
 * quote a header.
 */
export function asPullFailure(error: unknown): PullFailure {
  return error instanceof PullFailure ? error : new PullFailure('error', `unexpected ${errorName(error)}`);
}

/** The name of an error class. */
const CLASS = /^[A-Z][A-Za-z]{0,59}$/;

/** Codes of Node.js, OpenSSL and the HTTP client. */
const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
const LONGEST_CODE = 64;

/** A safe description of any error: its code or else its class. Looks into the cause, where fetch puts it. */
export function errorName(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined) return code;
  if (!(error instanceof Error)) return typeof error;
  return CLASS.test(error.name) ? error.name : 'Error';
}

/** The Node.js or OpenSSL code of an error or of its cause; never a code that a peer has sent. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = 'code' in error && !isAnswered(error) ? error.code : undefined;
  return typeof code === 'string' && isOwnCode(code) ? code : errorCode(error.cause);
}

function isOwnCode(code: string): boolean {
  return code.length <= LONGEST_CODE && CODE.test(code) && !seenSecrets.holds(code);
}

/** An SDK's error for an answer takes its code from the answer's body. */
function isAnswered(error: object): boolean {
  return 'response' in error && error.response !== undefined && error.response !== null;
}
