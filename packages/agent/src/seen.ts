import { createHash } from 'node:crypto';

/** Remembers recent values, so that a repeated delivery is handled once. */
export interface Seen {
  /** Returns whether a value is new, and remembers it. */
  firstTime(value: unknown): boolean;
  count(): number;
}

/**
 * Remembers values by their whole content, so that a forged event with the operation and attempt of a real one does not
 * replace it. Above `max` values the oldest is forgotten.
 */
export function createSeen(max: number): Seen {
  const seen = new Set<string>();
  return {
    firstTime(value) {
      const key = createHash('sha256')
        .update(JSON.stringify(value) ?? 'undefined')
        .digest('base64');
      if (seen.has(key)) return false;
      seen.add(key);
      const [oldest] = seen;
      if (seen.size > max && oldest !== undefined) seen.delete(oldest);
      return true;
    },
    count: () => seen.size,
  };
}
