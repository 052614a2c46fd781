import type { PullOutcome } from '@connected-registry/protocol/messages/pullCheckMessages';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';

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

/** A class's name. */
const CLASS = /^[A-Z][A-Za-z]{0,59}$/;

/** Node's, OpenSSL's and the HTTP client's codes. */
const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
const LONGEST_CODE = 64;

/** What may be said of any error: its code or, without one, its class. Looks into the cause, where fetch puts it. */
export function errorName(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined) return code;
  if (!(error instanceof Error)) return typeof error;
  return CLASS.test(error.name) ? error.name : 'Error';
}

/** The Node or OpenSSL code of an error, or of what caused it; never a code that a peer has sent. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = 'code' in error && !isAnswered(error) ? error.code : undefined;
  return typeof code === 'string' && isOwnCode(code) ? code : errorCode(error.cause);
}

function isOwnCode(code: string): boolean {
  return code.length <= LONGEST_CODE && CODE.test(code) && !seenSecrets.holds(code);
}

/** Of an SDK's error with an answer the code is what the answer's body says. */
function isAnswered(error: object): boolean {
  return 'response' in error && error.response !== undefined && error.response !== null;
}
