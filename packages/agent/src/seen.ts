import { createHash } from 'node:crypto';

/** Remembers what was met of late, so that something delivered twice is done once. */
export interface Seen {
  /** False when it was met before; from now on it has been. */
  firstTime(value: unknown): boolean;
  count(): number;
}

/**
 * Remembers values by their whole content: a forged event with the operation and attempt of a true one does not take its
 * place. The oldest is forgotten when there are more than `most`.
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
