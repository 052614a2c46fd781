/** Writes log entries as lines to a stream, in the form of the Functions host's console or as JSON. */
import type { LogEntry } from './log.js';

const short = { trace: 'trce', debug: 'dbug', information: 'info', warning: 'warn', error: 'fail', critical: 'crit' };

/** `[2026-01-01T00:00:00.000Z] info Function.hello [invocation]: text`, with further lines indented. */
export function textLine(entry: LogEntry): string {
  const { invocationId } = entry.fields;
  const id = invocationId === undefined || entry.message.includes(invocationId) ? '' : ` [${invocationId}]`;
  const text = entry.message.replaceAll('\n', '\n    ');
  return `[${entry.time.toISOString()}] ${short[entry.level]} ${entry.category}${id}: ${text}\n`;
}

/** One JSON object a line: time, level, category, message and the entry's fields. */
export function jsonLine(entry: LogEntry): string {
  const { time, level, category, message, fields } = entry;
  return `${JSON.stringify({ ...fields, time: time.toISOString(), level, category, message })}\n`;
}

/**
 * A sink that writes to a stream, with all lines of one turn of the event loop at once. The rest is written when the
 * process exits. A closed stream is not an error.
 */
export function streamSink(
  stream: NodeJS.WritableStream,
  format: (entry: LogEntry) => string = textLine,
): (entry: LogEntry) => void {
  let lines = '';
  const flush = (): void => {
    if (lines !== '' && stream.writable) stream.write(lines);
    lines = '';
  };
  process.once('exit', flush);
  return (entry) => {
    if (lines === '') setImmediate(flush);
    lines += format(entry);
  };
}
