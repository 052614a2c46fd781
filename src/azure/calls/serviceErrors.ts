import { ServiceError, type ServiceDetail, type ServiceErrorKind } from '../../serviceErrors/serviceError.js';
import { httpStatus, requestId, serviceCode, UNLISTED_CODE, resourceName } from '../../serviceErrors/serviceFacts.js';
import type { ServiceCode } from '../../serviceErrors/serviceFacts.js';
import type { ServiceOperation } from '../../serviceErrors/serviceOperation.js';
import { AwaitsTurn } from '../budget/awaitsTurn.js';
import { retryAfterSeconds } from '../budget/retryAfter.js';
import { watchingAnswers, type Answered } from './lastAnswer.js';
import { codesIn } from './codesIn.js';

/**
 * Fields of SDK errors, read without loading an SDK. Each may be missing, and each may contain text from outside: only
 * values that serviceErrors/serviceFacts.ts accepts are kept. The error and its cause are dropped.
 */
interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly details?: unknown;
  readonly cause?: unknown;
  /** Has Entra's error numbers in an AuthenticationError of @azure/identity. */
  readonly errorResponse?: unknown;
  readonly response?: { readonly headers?: { get?(name: string): string | undefined | null } };
}

/** Thrown inside a call for an answer without a required property. It quotes nothing of the answer. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/**
 * Runs one SDK call. A failed asynchronous operation and an unreachable host give errors without a status; both may
 * succeed later.
 *
 * @throws ServiceError for everything that the call throws.
 */
export async function calling<T>(operation: ServiceOperation, resource: string, call: () => Promise<T>): Promise<T> {
  return watchingAnswers(async (answered) => {
    try {
      return await call();
    } catch (error) {
      throw toServiceError(operation, resource, error, answered);
    }
  });
}

/**
 * Translates an SDK's error.
 *
 * @param answered the last answer before the error, for errors that name none.
 */
export function toServiceError(
  operation: ServiceOperation,
  resource: string,
  error: unknown,
  answered: Answered = {},
): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof AwaitsTurn)
    return new ServiceError({
      kind: 'throttled',
      operation,
      resource: resourceName(resource),
      retryAfterSeconds: error.seconds,
      detail: 'awaits-turn',
    });
  const sdk = sdkErrorOf(error);
  const said = httpStatus(sdk.statusCode);
  const last = said === undefined || said < 300 ? answered : {};
  const status = said ?? last.status;
  const [code, innerCode] = codesOf(sdk, last);
  const id = requestId(header(sdk, 'x-ms-request-id')) ?? requestId(header(sdk, 'x-ms-correlation-request-id'));
  const shownId = id ?? last.requestId;
  const wait = retryAfterSeconds(header(sdk, 'retry-after'));
  const detail = detailOf(sdk, status, code);
  return new ServiceError({
    kind: kindOf(said, String(sdk.name)),
    operation,
    resource: resourceName(resource),
    ...(status === undefined ? {} : { status }),
    ...(code ? { code } : {}),
    ...(innerCode ? { innerCode } : {}),
    ...(shownId ? { requestId: shownId } : {}),
    ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
    ...(detail ? { detail } : {}),
  });
}

/** Whether one of the error's codes contains this word. The text of an error is not searched. */
export function mentions(error: unknown, word: string): boolean {
  if (!(error instanceof ServiceError)) return false;
  return [error.code, error.innerCode].some((code) => code?.includes(word));
}

function sdkErrorOf(error: unknown): SdkError {
  return typeof error === 'object' && error !== null ? error : {};
}

/** The outermost code and the most exact one; the latter is absent when they are equal. */
function codesOf(sdk: SdkError, last: Answered): readonly [ServiceCode | undefined, ServiceCode | undefined] {
  const outer = [sdk.code, ...entraCodes(sdk.errorResponse), sdkErrorOf(sdk.cause).code].map(serviceCode);
  const all = [...outer, ...codesIn(sdk.details), ...(last.codes ?? [])].filter((code) => code !== undefined);
  // PARSE_ERROR is the SDK's own code, not one of the service.
  const listed = [...new Set(all.filter((code) => code !== UNLISTED_CODE))];
  const unlisted = httpStatus(sdk.statusCode) !== undefined && sdk.code !== PARSE_ERROR ? all.slice(0, 1) : [];
  const [first, ...more] = listed.length > 0 ? listed : unlisted;
  return [first, more.at(-1)];
}

/** Code of the Azure SDKs' core for an answer whose body does not match its content type. */
const PARSE_ERROR = 'PARSE_ERROR';

function entraCodes(answer: unknown): string[] {
  if (typeof answer !== 'object' || answer === null || !('errorCodes' in answer)) return [];
  const { errorCodes: codes } = answer;
  return Array.isArray(codes) ? codes.filter(Number.isInteger).map((code) => `AADSTS${code}`) : [];
}

function detailOf(sdk: SdkError, status: number | undefined, code: ServiceCode | undefined): ServiceDetail | undefined {
  const name = String(sdk.name);
  if (name === 'AbortError' || name === 'TimeoutError') return 'no-answer-in-time';
  if (/^Authentication|^CredentialUnavailable/.test(name)) return 'no-access-token';
  if (name === 'LeadsElsewhere') return 'leads-elsewhere';
  if (sdk.code === PARSE_ERROR || name === 'SyntaxError' || name === 'UnreadableAnswer') return 'unreadable-answer';
  if (status !== undefined && status >= 300) return undefined;
  if (status === undefined && code !== undefined) return 'no-connection';
  return name === 'Error' || name === 'TypeError' || status !== undefined ? 'operation-failed' : undefined;
}

function kindOf(status: number | undefined, name: string): ServiceErrorKind {
  if (name === 'AuthenticationError' && status !== undefined && status < 500) return 'forbidden';
  // A successful status with an unreadable answer is neither a success nor a refusal.
  if (status === undefined || status < 300 || status >= 500 || status === 408) return 'unavailable';
  if (status === 404) return 'notFound';
  if (status === 409) return 'conflict';
  if (status === 429) return 'throttled';
  return status === 401 || status === 403 ? 'forbidden' : 'refused';
}

function header(error: SdkError, name: string): string | undefined {
  return error.response?.headers?.get?.(name) ?? undefined;
}
