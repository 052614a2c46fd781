/**
 * Puts placeholders where two runs differ: times, ids, ports, keys, stacks, .NET's serialised exceptions, long texts.
 */
import type { Target } from './caseRun.js';

const recordedTimes = /^2026-01-01|^2020-/;

/** Makes the function that cleans what a run has seen. */
export function normaliser(target: Target): (value: unknown) => unknown {
  const host = new URL(target.base).host;
  const keys = new RegExp(
    Object.values(target.keys)
      .map((key) => key.replace(/\W/g, '\\$&'))
      .join('|'),
    'g',
  );
  const simple = (text: string): string =>
    text
      .replace(/taskHub=[^&"\\]*&connection=[^&"\\]*/g, 'taskHub=<hub>&connection=<connection>')
      .replace(/(\/admin\/vfs\/)[^"]*(\/testdata\/)/g, '$1<data>$2')
      .replaceAll(target.peer, '<peer>')
      .replaceAll(target.base, '<base>')
      .replaceAll(host, '<host>')
      .replaceAll(`code=${target.keys.durable}`, '<key>')
      .replace(keys, '<key>')
      .replaceAll(`-${target.run}`, '')
      .replaceAll(target.run, '<run>')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?/g, (time) =>
        recordedTimes.test(time) ? time : '<time>',
      )
      .replace(/(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g, '<time>')
      .replace(/\b[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\b/gi, '<guid>')
      .replace(/(the known \w+ functions: ).*$/s, '$1<list>')
      .replace(/(StackTrace:)\s+at [^"]*/g, '$1 <stack>')
      .replace(/(\\*"StackTrace\\*":\\*")[^"]*?(\\*")/g, '$1<stack>$2')
      .replace(/(Unhandled exception while executing task: [^\n]*)\n[\s\S]*$/, '$1 <stack>')
      .replace(/\nStack: [^"]*/g, '\nStack: <stack>')
      .replace(/([esvwxyz])\1{199,}/g, (same) => `<${same[0] ?? ''} x ${same.length}>`);

  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return withoutExceptions(simple(value));
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [simple(name), field(name, inner, value) ?? clean(inner)]),
    );
  };
  return clean;
}

/** Fields whose values differ from run to run. */
function field(name: string, value: unknown, owner: object): string | undefined {
  if (name === 'StackTrace' && value !== null) return '<stack>';
  if (name === 'x-ms-continuation-token') return '<token>';
  if (['startTime', 'requestTime', 'duration'].includes(name) && typeof value === 'number') return '<number>';
  const type: unknown = 'ExceptionType' in owner ? owner.ExceptionType : undefined;
  return name === 'ExceptionMessage' && typeof type === 'string' && type.startsWith('Newtonsoft')
    ? '<message>'
    : undefined;
}

/** A serialised .NET exception inside a text, however deeply quoted, becomes <exception>. */
function withoutExceptions(text: string): string {
  const begin = /\{(\\*)"\$type\1":\1"(?:System|Newtonsoft)\./.exec(text);
  if (begin === null) return text;
  const end = endOfObject(text, begin.index, begin[1]?.length ?? 0);
  return withoutExceptions(`${text.slice(0, begin.index)}<exception>${text.slice(end)}`);
}

/** Where the object ends whose quotes carry so many backslashes. */
function endOfObject(text: string, from: number, quoting: number): number {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at += 1) {
    const backslashes = /^\\*/.exec(text.slice(at, at + 64))?.[0].length ?? 0;
    const isQuote = text[at + backslashes] === '"';
    if (isQuote || backslashes > 0) {
      if (isQuote && backslashes === quoting) inString = !inString;
      at += isQuote ? backslashes : backslashes - 1;
    } else if (!inString && text[at] === '{') depth += 1;
    else if (!inString && text[at] === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
