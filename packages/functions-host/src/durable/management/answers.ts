/** Answers of the management API: plain ones, JSON, and errors in the form of ASP.NET's HttpError. */
import type { WebAnswer } from '../../extension.js';

const jsonType = 'application/json; charset=utf-8';

/** A status without a body. */
export const emptyAnswer = (status: number): WebAnswer => ({ status, headers: { 'content-length': '0' }, body: '' });

/** A JSON body. `value` may hold raw JSON texts, see `raw`. */
export function jsonAnswer(status: number, value: unknown, headers: Record<string, string> = {}): WebAnswer {
  return { status, headers: { 'content-type': jsonType, ...headers }, body: JSON.stringify(value) };
}

/** A body that is already JSON text. */
export function jsonText(status: number, text: string, headers: Record<string, string> = {}): WebAnswer {
  return { status, headers: { 'content-type': jsonType, ...headers }, body: text };
}

/** An error with the exception that caused it. */
export function errorAnswer(
  status: number,
  message: string,
  exception?: { message: string; type: string; at?: string },
): WebAnswer {
  if (exception === undefined) return jsonAnswer(status, { Message: message });
  return jsonAnswer(status, {
    Message: message,
    ExceptionMessage: exception.message,
    ExceptionType: exception.type,
    StackTrace: `   at Microsoft.Azure.WebJobs.Extensions.DurableTask.HttpApiHandler.${exception.at ?? 'HandleRequestAsync'}`,
  });
}

/** The body is not JSON. */
export const invalidJson = (error: unknown): WebAnswer =>
  errorAnswer(400, 'Invalid JSON content', {
    message: error instanceof Error ? error.message : String(error),
    type: 'Newtonsoft.Json.JsonReaderException',
  });

/** A failure that the extension does not expect. */
export const failedAnswer = (failure: { message: string; type: string }): WebAnswer =>
  errorAnswer(500, 'Something went wrong while processing your request', failure);

/** The body of a start ends too early: the reader's own exceptions are not looked for. */
export const unfinishedJson = (message: string, reader: 'JsonSerialization' | 'JsonWriter'): WebAnswer =>
  failedAnswer({ message, type: `Newtonsoft.Json.${reader}Exception` });

/** The storage refuses a page of a negative length. */
export const storageFailure = (): WebAnswer =>
  failedAnswer({
    message: 'An error occurred while communicating with Azure Storage',
    type: 'DurableTask.AzureStorage.Storage.DurableTaskStorageException',
  });
