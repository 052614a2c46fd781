import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { CODE_WORDS, CONNECTION_CODES } from './codeWords.js';

/*
 * The facts of a service's failure that may be logged and stored. Its text never is: services and proxies echo values
 * in messages, codes, headers and details, and SDKs quote whole bodies. Values of the types below come from the
 * functions beside them only.
 */

declare const checked: unique symbol;

/** A service's error code, or the code of a connection that failed. */
export type ServiceCode = string & { readonly [checked]: 'code' };

/** A service's id of the request, for Azure support. */
export type RequestId = string & { readonly [checked]: 'requestId' };

/** Name of a call's resource, as the caller gave it: never text of a service. */
export type ResourceName = string & { readonly [checked]: 'resource' };

/** Replaces a text that is not a name. */
const UNNAMED = 'a resource whose name cannot be shown';

/**
 * Characters of names, subjects, addresses and device ids: none has a space, quote, bracket or line break. Source: the
 * rules of packages/protocol/src/names/names.ts, and Azure docs, iot-hub-devguide-identity-registry for devices.
 */
const RESOURCE = /^[\w\-.:+%#*?!(),=@$'/~]{1,400}$/;

/**
 * Gives a resource's name that may be shown. A text with spaces or quotes is not a name, nor is one that contains a
 * secret that this process has seen; both are replaced.
 */
export function resourceName(value: unknown): ResourceName {
  const isName = typeof value === 'string' && RESOURCE.test(value) && !seenSecrets.holds(value);
  return (isName ? value : UNNAMED) as ResourceName;
}

/** Replaces a code that is not shown. */
export const UNLISTED_CODE = 'UnlistedCode';

const LONGEST_CODE = 64;

/** The form of a code: letters, with dots between its parts. */
const CODE = /^[A-Z][A-Za-z]*(?:\.[A-Z][A-Za-z]*)*$/;

/** Words of a code: `DeviceNotFound` has three, and `IP` in `IPNotAllowed` is one. */
const WORD = /[A-Z]+(?![a-z])|[A-Z][a-z]+/g;

/** Entra's error numbers. Source: Azure docs, identity-platform/reference-error-codes. */
const ENTRA_CODE = /^AADSTS\d{4,8}$/;

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * Gives a code that may be shown: all its words are known words of codes. A password of letters and digits has the form
 * of a code, but not its words.
 *
 * @returns {@link UNLISTED_CODE} for any other text; undefined without a code.
 */
export function serviceCode(value: unknown): ServiceCode | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const shown = isListed(value) && !seenSecrets.holds(value) ? value : UNLISTED_CODE;
  return shown as ServiceCode;
}

function isListed(code: string): boolean {
  if (code.length > LONGEST_CODE) return false;
  if (CONNECTION_CODES.has(code) || ENTRA_CODE.test(code) || code === UNLISTED_CODE) return true;
  return CODE.test(code) && (code.match(WORD) ?? []).every((word) => CODE_WORDS.has(word));
}

/** Gives a request id; undefined for a value that is not a GUID. */
export function requestId(value: unknown): RequestId | undefined {
  return isGuid(value) ? (value as RequestId) : undefined;
}

/** Whether a value is a GUID, in any case. */
export function isGuid(value: unknown): value is string {
  return typeof value === 'string' && GUID.test(value) && !seenSecrets.holds(value);
}

/** Gives an HTTP status; undefined for any other value. */
export function httpStatus(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599 ? value : undefined;
}

/** Maximum seconds that a header can make the app wait. */
const LONGEST_WAIT = 86_400;

/** Gives the seconds that a service asks to wait, from 0 to a day; undefined for a value that is not a number. */
export function secondsToWait(value: unknown): number | undefined {
  if (typeof value !== 'number' || Number.isNaN(value)) return undefined;
  return Math.min(LONGEST_WAIT, Math.max(0, Math.ceil(value)));
}
