import { createHash } from 'node:crypto';
import type { Signal } from './channels/signal.js';

/**
 * Remembers the signals of late, so that one delivered twice is done once. The whole content counts: a forged event with the
 * operation and attempt of a true one does not take its place. The oldest is forgotten when there are more than `most`.
 */
export function createSeenSignals(most: number): { firstTime: (signal: Signal) => boolean } {
  const seen = new Set<string>();
  return {
    firstTime(signal) {
      const key = createHash('sha256').update(JSON.stringify(signal)).digest('base64');
      if (seen.has(key)) return false;
      seen.add(key);
      const [oldest] = seen;
      if (seen.size > most && oldest !== undefined) seen.delete(oldest);
      return true;
    },
  };
}
