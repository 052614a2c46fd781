/** Ends the process when the app throws where nobody can catch it. */
import type { LogEntry } from './log/log.js';
import { ensureError, userStack } from './worker/errors.js';

/**
 * The real worker dies of such errors and is restarted. Here the host ends, and stored work continues after its next start.
 * @param ownFolder frames of this folder are left out of the stack
 * @param end ends the process with exit code 1; it gets the text that was logged
 */
export function endAtCrash(sink: (entry: LogEntry) => void, ownFolder: string, end: (text: string) => void): void {
  const crash = (thrown: unknown): void => {
    const error = ensureError(thrown);
    const message = `unhandled error, the host ends: ${userStack(error.stack ?? error.message, ownFolder)}`;
    sink({ time: new Date(), level: 'critical', category: 'Worker', message, fields: {} });
    end(message);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

/** What a person reads of an error at start: the stack for one of the app's own, else the message. */
export function startErrorText(thrown: unknown, ownFolder: string): string {
  const error = ensureError(thrown);
  const text = error.name === 'AzFuncSystemError' ? userStack(error.stack ?? error.message, ownFolder) : error.message;
  return isModuleNotFound(error.cause)
    ? `${text}\nIf it is a package, run npm install in the folder of the app.`
    : text;
}

const isModuleNotFound = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(cause.code));
