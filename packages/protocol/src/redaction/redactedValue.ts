import { seenSecrets } from './seenSecrets.js';

/** Deeper than any answer or result of the app. Ends the walk over circular references. */
const DEEPEST = 40;

/**
 * Replaces every secret that this process has seen in the strings and keys of a plain JSON value. Returns the same
 * value if there is none. Values that are not plain objects or arrays are returned unchanged.
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
  const redacted = entries.map(([name, item]): [string, unknown] => [
    seenSecrets.redact(name),
    redactedValue(item, depth + 1),
  ]);
  const isSame = redacted.every(([name, item], index) => name === entries[index]?.[0] && item === entries[index]?.[1]);
  return isSame ? value : Object.fromEntries(redacted);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
