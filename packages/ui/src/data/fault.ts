import type { ProblemDetails } from '@connected-registry/protocol/answers/problemDetails';

/** Why a request has no result. */
export type Fault =
  /** No answer: the app is away, or the network is. */
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'timeout'; readonly seconds: number }
  /** 401: the key or the sign-in is not valid (any more). */
  | { readonly kind: 'signedOut' }
  /** A problem of the app, by RFC 9457. */
  | { readonly kind: 'refused'; readonly problem: ProblemDetails }
  /** An answer that is not the app's: the host or a proxy gave it. */
  | { readonly kind: 'unexpected'; readonly status: number };

/** Thrown by the API's functions. */
export class FaultError extends Error {
  override readonly name = 'FaultError';
  /** @param retryAfter seconds after which the answer asked to try again */
  constructor(
    readonly fault: Fault,
    readonly retryAfter?: number,
  ) {
    super(fault.kind);
  }
}

/** Whether a parsed body is a problem of the app: it has the members that every problem has, as texts. */
export function isProblem(body: unknown): body is ProblemDetails {
  return (
    typeof body === 'object' &&
    body !== null &&
    (['type', 'code', 'title', 'detail'] as const).every(
      (name) => name in body && typeof (body as ProblemDetails)[name] === 'string',
    )
  );
}
