/**
 * Cases in which the real host fails silently. This host behaves the same and warns once; with `--strict` it is an
 * error.
 */
import type { HostLog, LogFields } from './log.js';

/** In strict mode: the real host would have failed silently. */
export class QuirkError extends Error {
  override readonly name = 'QuirkError';
}

export interface Quirks {
  /**
   * Reports a case once for each key, with what to do about it. The default key is the text; name one if the text has
   * values that differ from one time to the next.
   * @throws QuirkError in strict mode, every time
   */
  report(message: string, fields?: LogFields, key?: string): void;
}

export function createQuirks(log: HostLog, strict: boolean): Quirks {
  const reported = new Set<string>();
  return {
    report(message, fields, key = message) {
      if (strict) throw new QuirkError(message);
      if (reported.has(key)) return;
      reported.add(key);
      log.warn(message, fields);
    },
  };
}
