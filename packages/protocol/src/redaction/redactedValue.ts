import { seenSecrets } from './seenSecrets.js';

/** Deeper than any answer or result of the app. Ends the walk over circular references. */
const DEEPEST = 40;

/**
 * Replaces every secret that this process has seen in the strings of a plain JSON value. Names of properties stay: they
 * are words of the app, and whoever reads the value relies on them. Returns the same value if there is none. Values
 * that are not plain objects or arrays are returned unchanged.
 */
export function redactedValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return seenSecrets.redact(value);
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const redacted = items.map((item) => redactedValue(item, depth + 1));
    return redacted.every((item, index) => item === items[index]) ? value : redacted;
  }
  if (!isPlain(value)) return value;
  const entries = Object.entries(value);
  const redacted = entries.map(([name, item]): [string, unknown] => [name, redactedValue(item, depth + 1)]);
  const isSame = redacted.every(([, item], index) => item === entries[index]?.[1]);
  return isSame ? value : Object.fromEntries(redacted);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
