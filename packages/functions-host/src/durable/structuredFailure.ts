/**
 * The structured failure that the SDK's exception properties provider puts into an error's message: the JSON form of
 * the protobuf message TaskFailureDetails, read as protobuf reads it. A field that it does not have, or of another
 * type, makes the message a plain text (observed; public source: microsoft/durabletask-protobuf,
 * orchestrator_service.proto).
 */
import { isJsonObject } from '../config/jsonWithComments.js';
import type { FailureDetails } from './history.js';
import { rewrittenDate } from './json/dates.js';

type Reader = (value: unknown) => boolean;

const isText: Reader = (value) => value === null || typeof value === 'string';

const fields: Readonly<Record<string, Reader>> = {
  errorType: isText,
  errorMessage: isText,
  stackTrace: isText,
  innerFailure: (value) => value === null || structured(value) !== null,
  isNonRetriable: (value) => value === null || typeof value === 'boolean',
  properties: (value) => value === null || isJsonObject(value),
};

/** @returns null if the message is a plain text */
export function structuredFailure(message: string): FailureDetails | null {
  if (!message.startsWith('{')) return null;
  try {
    return structured(JSON.parse(message));
  } catch {
    return null;
  }
}

function structured(value: unknown): FailureDetails | null {
  if (!isJsonObject(value)) return null;
  if (!Object.entries(value).every(([name, field]) => fields[name]?.(field) === true)) return null;
  const { errorType, errorMessage, stackTrace, innerFailure, isNonRetriable, properties } = value;
  return {
    ErrorType: typeof errorType === 'string' ? errorType : '',
    ErrorMessage: typeof errorMessage === 'string' ? errorMessage : '',
    StackTrace: typeof stackTrace === 'string' ? stackTrace : null,
    InnerFailure: structured(innerFailure),
    IsNonRetriable: isNonRetriable === true,
    Properties: isJsonObject(properties) ? stored(properties) : null,
  };
}

/** Properties as the extension stores them: times in .NET's form. */
function stored(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, storedValue(value)]));
}

function storedValue(value: unknown): unknown {
  if (typeof value === 'string') return rewrittenDate(value);
  if (Array.isArray(value)) return value.map(storedValue);
  return isJsonObject(value) ? stored(value) : value;
}
