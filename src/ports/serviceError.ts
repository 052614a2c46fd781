/** What the caller can do about a refused or failed call. */
export type ServiceErrorKind = 'notFound' | 'conflict' | 'throttled' | 'forbidden' | 'refused' | 'unavailable';

interface ServiceErrorDetails {
  readonly kind: ServiceErrorKind;
  /** What was tried, as a verb and a kind of resource, for example `create token`. */
  readonly operation: string;
  /** Name of the resource it was tried on. */
  readonly resource: string;
  /** HTTP status; absent when no answer came. */
  readonly status?: number;
  /** The service's own error code, and its id of the request, for support. */
  readonly code?: string;
  readonly requestId?: string;
  readonly retryAfterSeconds?: number;
  /** The service's own words. Adapters make sure that no secret is in them. */
  readonly detail?: string;
}

/** The one error that ports throw for anything a service did or did not answer. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly kind: ServiceErrorKind;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly detail: string;

  constructor(details: ServiceErrorDetails, options?: ErrorOptions) {
    const answer = [details.status, details.code].filter((part) => part !== undefined).join(' ') || 'no answer';
    const request = details.requestId ? ` (request ${details.requestId})` : '';
    const detail = details.detail ? `: ${details.detail}` : '';
    super(`${details.operation} ${details.resource}: ${answer}${request}${detail}`.slice(0, 600), options);
    this.kind = details.kind;
    this.status = details.status;
    this.code = details.code;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.detail = details.detail ?? '';
  }

  /**
   * Whether the same call may succeed later. 409 counts: ARM answers it while another operation holds the resource.
   * Source: Azure docs, azure-resource-manager/management/request-limits-and-throttling.
   */
  get isRetryable(): boolean {
    return this.kind === 'conflict' || this.kind === 'throttled' || this.kind === 'unavailable';
  }
}

/** Turns "not there" into undefined, and lets every other error pass. */
export async function orUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ServiceError && error.kind === 'notFound') return undefined;
    throw error;
  }
}
