/** Places where the real host goes quietly wrong: the same happens here, one warning says so, and with `--strict` it is an error. */
import type { HostLog, LogFields } from './log.js';

/** In strict mode: what the real host would have done without a word. */
export class QuirkError extends Error {
  override readonly name = 'QuirkError';
}

export interface Quirks {
  /**
   * Says once for each text what happens and what to do about it.
   * @throws QuirkError in strict mode, every time
   */
  report(message: string, fields?: LogFields): void;
}

export function createQuirks(log: HostLog, strict: boolean): Quirks {
  const told = new Set<string>();
  return {
    report(message, fields) {
      if (strict) throw new QuirkError(message);
      if (told.has(message)) return;
      told.add(message);
      log.warn(message, fields);
    },
  };
}
