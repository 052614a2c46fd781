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
   * Reports a case once for each text, with what to do about it.
   * @throws QuirkError in strict mode, every time
   */
  report(message: string, fields?: LogFields): void;
}

export function createQuirks(log: HostLog, strict: boolean): Quirks {
  const reported = new Set<string>();
  return {
    report(message, fields) {
      if (strict) throw new QuirkError(message);
      if (reported.has(message)) return;
      reported.add(message);
      log.warn(message, fields);
    },
  };
}
