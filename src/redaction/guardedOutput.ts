import { inspect } from 'node:util';
import { seenSecrets } from './seenSecrets.js';

const METHODS = ['debug', 'dir', 'error', 'info', 'log', 'table', 'trace', 'warn'] as const;

/** So much of an object is looked at: what `console` itself would show, and more. */
const LOOK = { depth: 12, maxArrayLength: 1000, maxStringLength: Infinity };

/** What an uncaught error keeps when it is printed: libraries hang requests, answers and causes on theirs. */
const SHOWN = ['name', 'message', 'stack', 'code'];

const GUARDED = Symbol.for('connected-registry-onboarding.guardedOutput');

/**
 * Takes the secrets that this process has seen out of whatever it prints from now on: its own output, what libraries print,
 * warnings, and errors that end the process. Twice is once. A value that is split between two writes of a stream is not
 * found; the console writes whole lines.
 */
export function guardOutput(): void {
  if (Reflect.has(process, GUARDED)) return;
  Reflect.set(process, GUARDED, true);
  for (const name of METHODS) {
    const print = console[name].bind(console) as (...args: unknown[]) => void;
    console[name] = (...args: unknown[]) => print(...args.map(printable));
  }
  guardStream(process.stdout);
  guardStream(process.stderr);
  guardWarnings();
  // Before the runtime prints it, and before any other listener sees it.
  process.on('uncaughtExceptionMonitor', (error) => scrub(error));
}

/** What may be printed: itself, or where it holds a secret its text without. */
function printable(value: unknown): unknown {
  if (typeof value === 'string') return seenSecrets.redact(value);
  if (typeof value !== 'object' || value === null) return value;
  const text = inspect(value, LOOK);
  return seenSecrets.holds(text) ? seenSecrets.redact(text) : value;
}

function guardStream(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean => write(redactedChunk(chunk), ...rest);
}

function redactedChunk(chunk: unknown): unknown {
  if (typeof chunk === 'string') return seenSecrets.redact(chunk);
  if (!(chunk instanceof Uint8Array)) return chunk;
  const text = Buffer.from(chunk).toString('utf8');
  return seenSecrets.holds(text) ? seenSecrets.redact(text) : chunk;
}

function guardWarnings(): void {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (warning instanceof Error) scrub(warning);
    const [options, ...others] = rest;
    emit(typeof warning === 'string' ? seenSecrets.redact(warning) : warning, redactedOptions(options), ...others);
  };
}

function redactedOptions(options: unknown): unknown {
  const isDetailed = typeof options === 'object' && options !== null && 'detail' in options;
  return isDetailed && typeof options.detail === 'string'
    ? { ...options, detail: seenSecrets.redact(options.detail) }
    : options;
}

/** Takes secrets out of an error in place, with all that a printer would find on it besides its words. */
export function scrub(error: unknown): void {
  if (!(error instanceof Error)) return;
  // The stack is made of the message when it is first read.
  for (const name of ['stack', 'message'] as const) {
    const text = error[name];
    if (typeof text === 'string' && seenSecrets.holds(text)) error[name] = seenSecrets.redact(text);
  }
  for (const key of Reflect.ownKeys(error)) if (!SHOWN.some((name) => name === key)) Reflect.deleteProperty(error, key);
  if ('code' in error && typeof error.code === 'string' && seenSecrets.holds(error.code))
    Reflect.deleteProperty(error, 'code');
}
