import { format, inspect, types } from 'node:util';
import { seenSecrets } from './seenSecrets.js';

const METHODS = ['debug', 'dir', 'error', 'info', 'log', 'table', 'trace', 'warn'] as const;

/** Limits of the inspection of an object: at least what `console` itself would show. */
const LOOK = { depth: 12, maxArrayLength: 1000, maxStringLength: Infinity };

/** Properties of an uncaught error that are kept when it is printed. Libraries attach requests, answers and causes. */
const SHOWN = ['name', 'message', 'stack', 'code'];

const GUARDED = Symbol.for('connected-registry-onboarding.guardedOutput');

/**
 * Removes the secrets that this process has seen from everything that it prints: its own output, output of libraries,
 * warnings, and errors that end the process. Calling it twice has no further effect. A secret that is split between two
 * writes to a stream is not found; the console writes whole lines.
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
  guardRawDebug();
  // Runs before the runtime prints the error, and before other listeners see it.
  process.on('uncaughtExceptionMonitor', endWithoutSecrets);
}

/**
 * Node prints an uncaught value directly, not through a stream. If the value cannot be scrubbed, such as a string or a
 * frozen error, its text is printed here and the process ends as it would have, unless another listener handles the
 * value; its output is guarded.
 */
function endWithoutSecrets(error: unknown): void {
  scrub(error);
  const text = textOf(error);
  if (!seenSecrets.holds(text)) return;
  if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return;
  process.stderr.write(`Uncaught ${text}\n`);
  process.exit(1);
}

/** Everything that a printer may show of a value. */
function textOf(value: unknown): string {
  return `${inspect(value, LOOK)}${types.isNativeError(value) ? `\n${value.stack ?? ''}` : ''}`;
}

/** The value, or its redacted text if it contains a secret. */
function printable(value: unknown): unknown {
  if (typeof value === 'string') return seenSecrets.redact(value);
  if (typeof value !== 'object' || value === null) return value;
  const text = inspect(value, LOOK);
  return seenSecrets.holds(text) ? seenSecrets.redact(text) : value;
}

function guardStream(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const end = stream.end.bind(stream) as (...args: unknown[]) => NodeJS.WriteStream;
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean => write(...redactedChunk(chunk, rest));
  stream.end = (chunk?: unknown, ...rest: unknown[]): NodeJS.WriteStream => end(...redactedChunk(chunk, rest));
}

/** Encodings of bytes in another form. */
const BYTES: readonly unknown[] = ['hex', 'base64', 'base64url', 'latin1', 'binary', 'ascii'];

/** The arguments of a write. A chunk that contains a secret becomes redacted text; other chunks are unchanged. */
function redactedChunk(chunk: unknown, rest: readonly unknown[]): unknown[] {
  const [encoding, ...others] = rest;
  const asGiven = [typeof chunk === 'string' ? seenSecrets.redact(chunk) : chunk, ...rest];
  const bytes = bytesOf(chunk, encoding);
  const text = bytes?.toString('utf8') ?? '';
  if (!seenSecrets.holds(text)) return asGiven;
  return [seenSecrets.redact(text), ...(typeof encoding === 'string' ? ['utf8', ...others] : rest)];
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer | undefined {
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (typeof chunk !== 'string' || typeof encoding !== 'string' || !BYTES.includes(encoding)) return undefined;
  return Buffer.isEncoding(encoding) ? Buffer.from(chunk, encoding) : undefined;
}

/** Node's own output function that bypasses the streams. Some libraries use it. */
function guardRawDebug(): void {
  const print: unknown = Reflect.get(process, '_rawDebug');
  if (typeof print !== 'function') return;
  Reflect.set(process, '_rawDebug', (...args: unknown[]) => {
    Reflect.apply(print, process, ['%s', seenSecrets.redact(format(...args))]);
  });
}

function guardWarnings(): void {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    scrub(warning);
    const [options, ...others] = rest;
    const text = textOf(warning);
    const isClean = typeof warning !== 'string' && !seenSecrets.holds(text);
    const shown = isClean ? warning : seenSecrets.redact(typeof warning === 'string' ? warning : text);
    emit(shown, redactedOptions(options), ...others);
  };
}

function redactedOptions(options: unknown): unknown {
  const isDetailed = typeof options === 'object' && options !== null && 'detail' in options;
  return isDetailed && typeof options.detail === 'string'
    ? { ...options, detail: seenSecrets.redact(options.detail) }
    : options;
}

/**
 * Removes secrets from an error in place, including other properties that a printer would show. What cannot be changed
 * stays, so callers must check the result.
 */
function scrub(error: unknown): void {
  if (!(error instanceof Error) && !types.isNativeError(error)) return;
  // The stack is built from the message when it is first read.
  for (const name of ['stack', 'message', 'name'] as const) {
    const text = error[name];
    if (typeof text === 'string' && seenSecrets.holds(text))
      Reflect.defineProperty(error, name, { value: seenSecrets.redact(text), configurable: true, writable: true });
  }
  for (const key of Reflect.ownKeys(error)) if (!SHOWN.some((name) => name === key)) Reflect.deleteProperty(error, key);
  if ('code' in error && seenSecrets.holds(inspect(error.code, LOOK))) Reflect.deleteProperty(error, 'code');
}
