import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { CODE_WORDS, CONNECTION_CODES } from './codeWords.js';

/*
 * What of a service's failure may go on. Its text never does: services and proxies echo values in messages, codes, headers
 * and details, and SDKs quote whole bodies. The types below can only be had from the functions beside them.
 */

declare const checked: unique symbol;

/** A service's error code, or the code of a connection that failed. */
export type ServiceCode = string & { readonly [checked]: 'code' };

/** A service's id of the request, for its support. */
export type RequestId = string & { readonly [checked]: 'requestId' };

/** Name of the resource that a call was about: what callers name things by, and no text of a service. */
export type ResourceName = string & { readonly [checked]: 'resource' };

/** Stands for what is no name. */
const UNNAMED = 'a resource whose name cannot be shown';

/** Characters of names, subjects, addresses and device ids; no space, quote, bracket or line is in any. Source: the rules of packages/protocol/src/names/names.ts, and Azure docs, iot-hub-devguide-identity-registry for devices. */
const RESOURCE = /^[\w\-.:+%#*?!(),=@$'/~]{1,400}$/;

/**
 * A resource's name as it may be shown. Texts of people or services have spaces or quotes, and are none; nor is what holds a
 * secret that this process has seen.
 */
export function resourceName(value: unknown): ResourceName {
  const isName = typeof value === 'string' && RESOURCE.test(value) && !seenSecrets.holds(value);
  return (isName ? value : UNNAMED) as ResourceName;
}

/** Stands for a code that is not shown. */
export const UNLISTED_CODE = 'UnlistedCode';

const LONGEST_CODE = 64;

/** Letters, with dots between the parts. */
const CODE = /^[A-Z][A-Za-z]*(?:\.[A-Z][A-Za-z]*)*$/;

/** `DeviceNotFound` is three words; `IPNotAllowed` begins with two capitals that are one. */
const WORD = /[A-Z]+(?![a-z])|[A-Z][a-z]+/g;

/** Entra's numbers. Source: Azure docs, identity-platform/reference-error-codes. */
const ENTRA_CODE = /^AADSTS\d{4,8}$/;

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * A code as it may be shown: one that is made of words that services make codes of. A password of letters and digits has
 * the form of a code too, but not its words. Any other text becomes {@link UNLISTED_CODE}; undefined when there is none.
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

/** Undefined for what is no GUID. */
export function requestId(value: unknown): RequestId | undefined {
  return isGuid(value) ? (value as RequestId) : undefined;
}

export function isGuid(value: unknown): value is string {
  return typeof value === 'string' && GUID.test(value) && !seenSecrets.holds(value);
}

/** An HTTP status; undefined for any other number. */
export function httpStatus(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599 ? value : undefined;
}

/** Seconds. Nobody is made to wait longer by a header. */
const LONGEST_WAIT = 86_400;

/** Seconds that a service asks to wait, at most a day; undefined for what is no such number. */
export function secondsToWait(value: unknown): number | undefined {
  if (typeof value !== 'number' || Number.isNaN(value)) return undefined;
  return Math.min(LONGEST_WAIT, Math.max(0, Math.ceil(value)));
}
