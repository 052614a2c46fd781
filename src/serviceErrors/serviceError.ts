import {
  httpStatus,
  requestId,
  resourceName,
  secondsToWait,
  serviceCode,
  type RequestId,
  type ResourceName,
  type ServiceCode,
} from './serviceFacts.js';
import type { ServiceOperation } from './serviceOperation.js';

/** What the caller can do about a refused or failed call. */
export type ServiceErrorKind = 'notFound' | 'conflict' | 'throttled' | 'forbidden' | 'refused' | 'unavailable';

/** The only texts about a failure, besides its numbers and codes. */
const DETAILS = {
  'no-connection': 'no connection to the service',
  'no-answer-in-time': 'no answer in time',
  'no-access-token': "there is no access token for the app's identity",
  'unreadable-answer': 'the answer cannot be read',
  'leads-elsewhere': 'the answer leads to another host, which is not followed',
  'awaits-turn': 'not sent yet, since the rate that the service allows is used up',
  'operation-failed': 'the service ended the operation without success, or answered what cannot be used',
  'operation-unfinished': 'the service has not ended the operation in time',
  'no-password': 'the answer holds no value for the password slot that was asked for',
  'secret-in-answer': 'the answer has a secret where none belongs',
  'version-disabled': 'the version is disabled',
  'of-another-client': 'its tags do not name this client',
  'vault-not-configured': "the client's record names a vault that is none of KEY_VAULT_URLS",
  'registry-not-configured': 'it is none of REGISTRIES',
  'hub-not-configured': 'its hub is none of IOT_HUBS',
  'device-refused': 'the device does not take the message',
} as const;

export type ServiceDetail = keyof typeof DETAILS;

interface ServiceErrorDetails {
  readonly kind: ServiceErrorKind;
  /** The operation, as a verb and a kind of resource. */
  readonly operation: ServiceOperation;
  /** Name of the resource, from the caller: never from an answer. */
  readonly resource: ResourceName;
  /** HTTP status; absent without an answer. */
  readonly status?: number;
  /** The service's error code, and the most exact one nested in it. */
  readonly code?: ServiceCode;
  readonly innerCode?: ServiceCode;
  readonly requestId?: RequestId;
  readonly retryAfterSeconds?: number;
  readonly detail?: ServiceDetail;
  /** The status that a device answered to a direct method. */
  readonly deviceStatus?: number;
}

/**
 * The error that ports throw when a service fails or does not answer. It has no free text and no cause: the text of a
 * service, a proxy or an SDK may quote a password. Types enforce that at compile time, and checks at run time.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly kind: ServiceErrorKind;
  readonly status: number | undefined;
  readonly code: ServiceCode | undefined;
  readonly innerCode: ServiceCode | undefined;
  readonly requestId: RequestId | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly detail: ServiceDetail | undefined;

  constructor(details: ServiceErrorDetails) {
    const facts = {
      status: httpStatus(details.status),
      code: serviceCode(details.code),
      innerCode: serviceCode(details.innerCode),
      requestId: requestId(details.requestId),
      resource: resourceName(details.resource),
      detail: details.detail !== undefined && Object.hasOwn(DETAILS, details.detail) ? details.detail : undefined,
    };
    const device = httpStatus(details.deviceStatus);
    const answer = [facts.status, facts.code, facts.innerCode].filter((part) => part !== undefined).join(' ');
    const request = facts.requestId ? ` (request ${facts.requestId})` : '';
    const said = [
      answer === '' && facts.detail === undefined ? 'no answer' : `${answer}${request}`,
      facts.detail === undefined ? '' : DETAILS[facts.detail],
      device === undefined ? '' : `it answered ${device}`,
    ].filter((part) => part.trim() !== '');
    super(`${details.operation} ${facts.resource}: ${said.join(': ')}`.slice(0, 600));
    this.kind = details.kind;
    this.status = facts.status;
    this.code = facts.code;
    this.innerCode = facts.innerCode;
    this.requestId = facts.requestId;
    this.retryAfterSeconds = secondsToWait(details.retryAfterSeconds);
    this.detail = facts.detail;
  }

  /**
   * Whether the same call may succeed later. 409 counts: ARM answers it while another operation holds the resource.
   * Source: Azure docs, azure-resource-manager/management/request-limits-and-throttling.
   */
  get isRetryable(): boolean {
    return this.kind === 'conflict' || this.kind === 'throttled' || this.kind === 'unavailable';
  }
}

/** Turns a ServiceError of kind `notFound` into undefined; other errors pass. */
export async function orUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ServiceError && error.kind === 'notFound') return undefined;
    throw error;
  }
}
