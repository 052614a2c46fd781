/** Errors of the app that nobody can catch. */
import type { LogEntry } from './log/log.js';
import { ensureError, framesOf, isFrameOf, userStack } from './worker/errors.js';

/**
 * The real host starts its worker again, unless it has ended for the third time, each time within half an hour of the
 * time before: then the host ends, too (public source: RpcFunctionInvocationDispatcher.cs, WorkerConstants.cs).
 */
const maxCrashes = 3;
const apart = 30 * 60_000;

/**
 * Milliseconds after a counted error in which others belong to the same end. The real process ends at the first, so
 * that the others never happen there: rejections of the same turn, and of code that continues here after it failed.
 */
const sameEnd = 1000;

/** How to respond to an error that nothing handles. */
export interface CrashOptions {
  readonly sink: (entry: LogEntry) => void;
  /** Frames of this folder, which has the host's code, are left out of stacks. */
  readonly ownFolder: string;
  /** Whether the first such error ends the host. */
  readonly strict: boolean;
  /** Fails all running invocations, and returns their number; undefined while nothing is served. */
  readonly failRunning: () => number | undefined;
  /** Ends the process with exit code 1; it gets the text that was logged. */
  readonly end: (text: string) => void;
  /** Milliseconds of a clock that no test or app moves. */
  readonly now?: () => number;
}

/** Handles what is thrown where nobody can catch it, and rejections that nobody handles. */
export function handleCrashes(options: CrashOptions): void {
  const crash = crashHandler(options);
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}

/** @returns what handles one such error */
export function crashHandler(options: CrashOptions): (thrown: unknown) => void {
  const { sink, ownFolder, strict, failRunning, end, now = () => performance.now() } = options;
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  const report = (message: string): string => {
    sink({ time: new Date(), level: 'critical', category: 'Worker', message, fields: {} });
    return message;
  };
  return (thrown) => {
    const error = ensureError(thrown);
    const text = userStack(error.stack ?? error.message, ownFolder);
    const time = now();
    const another = time - last > sameEnd;
    if (another) {
      count = time - last > apart ? 1 : count + 1;
      last = time;
    }
    const failed = strict || count >= maxCrashes || isOfHost(thrown, ownFolder) ? undefined : failRunning();
    if (failed === undefined) end(report(`unhandled error, the host ends: ${text}`));
    else
      report(
        another
          ? `unhandled error, which ends the real host's worker process: running invocations fail (${failed}). ` +
              `The third within half an hour ends the host; this is number ${count}. ${text}`
          : `unhandled error within a second of number ${count}, of which it counts as a part: ` +
              `running invocations fail (${failed}). ${text}`,
      );
  };
}

/**
 * Whether the host's own code threw, whose state is then unknown. Errors that the host throws because the app misused
 * its API (a read-only property, a late registration) are the app's. So are errors of which no frame is known: Node.js
 * gives none to those that it passes to a callback, and the host uses no such callbacks for files.
 */
function isOfHost(thrown: unknown, ownFolder: string): boolean {
  if (!(thrown instanceof Error)) return false;
  if ('isAzureFunctionsSystemError' in thrown && thrown.isAzureFunctionsSystemError === true) return false;
  const inFiles = framesOf(thrown.stack ?? '').filter((frame) => !withoutFile.test(frame));
  return inFiles[0] !== undefined && isFrameOf(ownFolder)(inFiles[0]);
}

/** Frames of Node.js and of the language: whoever called them threw. */
const withoutFile = /\(node:|at (async )?node:|<anonymous>|\(index \d+\)|\(native\)/;

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
