/** Errors in the form of the Azure Functions Node.js worker. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { InvocationError } from './app.js';

/** Marked as the programming model marks its own errors: the app's code is not at fault. */
export class WorkerSystemError extends Error {
  override readonly name: string = 'AzFuncSystemError';
  readonly isAzureFunctionsSystemError = true;
}

/** An attempt to set a property that hooks may only read. */
export class ReadOnlyError extends TypeError {
  readonly isAzureFunctionsSystemError = true;

  constructor(property: string) {
    super(`Cannot assign to read only property '${property}'`);
  }
}

/** Converts a thrown value to an Error: a text is the message, an object becomes its JSON. */
export function ensureError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  if (thrown === undefined || thrown === null) return new Error('Unknown error');
  // As the worker does: what else can be thrown has a text of its own.
  // oxlint-disable-next-line typescript/no-base-to-string -- Objects are none of what is left.
  return new Error(typeof thrown === 'object' ? JSON.stringify(thrown) : String(thrown));
}

/**
 * Converts an invocation's error for the host. Errors of other realms (a test runner's) are recognized by their shape.
 */
export function invocationError(thrown: unknown): InvocationError {
  if (thrown instanceof InvocationError) return thrown;
  const error = ensureError(isErrorLike(thrown) ? asError(thrown) : thrown);
  const system = 'isAzureFunctionsSystemError' in error && error.isAzureFunctionsSystemError === true;
  return new InvocationError({
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    isUserException: !system,
    thrown,
  });
}

/** The text with which the worker reports a throw to the host. */
export const workerMessage = (message: string, stack: string): string =>
  `Result: Failure\nException: ${message}\nStack: ${stack}`;

function isErrorLike(value: unknown): value is { name: string; message: string; stack?: string } {
  return Object.prototype.toString.call(value) === '[object Error]';
}

function asError(value: { name: string; message: string; stack?: string }): Error {
  return value instanceof Error ? value : Object.assign(new Error(value.message), value);
}

const notTheUsers =
  /node_modules[\\/]@azure[\\/]functions|node_modules[\\/]durable-functions|node:internal|node:async_hooks|\(<anonymous>\)/;

/** Whether a frame is in a file of a folder: CommonJS has paths in stacks, ES modules have encoded URLs. */
export function isFrameOf(folder: string): (frame: string) => boolean {
  const [asPath, asUrl] = [folder + path.sep, `${pathToFileURL(folder).href}/`];
  return (frame) => frame.includes(asPath) || frame.includes(asUrl);
}

/** The lines of a stack from its first frame. */
export function framesOf(stack: string): string[] {
  const lines = stack.split('\n');
  const first = lines.findIndex((line) => /^\s+at /.test(line));
  return first < 0 ? [] : lines.slice(first);
}

/** A stack with only the frames of user code (all frames if there are none), without frames of this host. */
export function userStack(stack: string, ownFolder: string): string {
  const frames = framesOf(stack);
  if (frames.length === 0) return stack;
  const isOwn = isFrameOf(ownFolder);
  const users = frames.filter((line) => !notTheUsers.test(line) && !isOwn(line));
  const head = stack.split('\n').slice(0, -frames.length);
  return [...head, ...(users.length > 0 ? users : frames.slice(0, 5))].join('\n');
}
