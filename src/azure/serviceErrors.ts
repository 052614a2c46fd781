import { ServiceError, type ServiceErrorKind } from '../ports/serviceError.js';

/** What SDK errors have in common, read without loading an SDK. All of it may be missing. */
interface SdkError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly details?: unknown;
  readonly response?: { readonly headers?: { get?(name: string): string | undefined | null } };
}

/**
 * Runs one SDK call and turns whatever it throws into a ServiceError.
 * A failed long-running operation and an unreachable host come as errors without a status: both may go better later.
 */
export async function calling<T>(operation: string, resource: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toServiceError(operation, resource, error);
  }
}

export function toServiceError(operation: string, resource: string, error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const sdk: SdkError = typeof error === 'object' && error !== null ? error : {};
  const status = typeof sdk.statusCode === 'number' ? sdk.statusCode : undefined;
  const retryAfter = header(sdk, 'retry-after');
  const requestId = header(sdk, 'x-ms-request-id') ?? header(sdk, 'x-ms-correlation-request-id');
  const retryAfterSeconds = retryAfter ? secondsOf(retryAfter) : undefined;
  return new ServiceError(
    {
      kind: kindOf(status, String(sdk.name)),
      operation,
      resource,
      ...(status === undefined ? {} : { status }),
      ...(typeof sdk.code === 'string' ? { code: sdk.code } : {}),
      ...(requestId ? { requestId } : {}),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      detail: firstLine(sdk.message),
    },
    { cause: error },
  );
}

/** Whether the service said so in its nested error code or words, which SDKs keep in different places. */
export function mentions(error: unknown, word: string): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  const sdk: SdkError = typeof cause === 'object' && cause !== null ? cause : {};
  return `${String(sdk.code)} ${JSON.stringify(sdk.details) ?? ''} ${String(sdk.message)}`.includes(word);
}

function kindOf(status: number | undefined, name: string): ServiceErrorKind {
  if (name === 'AuthenticationError' && status !== undefined && status < 500) return 'forbidden';
  if (status === undefined || status >= 500 || status === 408) return 'unavailable';
  if (status === 404) return 'notFound';
  if (status === 409) return 'conflict';
  if (status === 429) return 'throttled';
  return status === 401 || status === 403 ? 'forbidden' : 'refused';
}

function header(error: SdkError, name: string): string | undefined {
  return error.response?.headers?.get?.(name) ?? undefined;
}

/** Retry-After holds seconds or a date. Source: RFC 9110, section 10.2.3. */
function secondsOf(retryAfter: string): number | undefined {
  const seconds = Number(retryAfter);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

function firstLine(message: unknown): string {
  return typeof message === 'string' ? (message.split('\n')[0] ?? '').slice(0, 300) : '';
}
