import { isYounger } from '../../domain/times/isYounger.js';

/** Instants of requests, oldest first; those before `from` no longer count. */
interface Asked {
  readonly at: number[];
  from: number;
}

/**
 * Counts requests by key. Each request is stored and dropped once, so that the work of thousands at once stays linear.
 * @param milliseconds how long a request counts
 */
export function createDemand(milliseconds: number) {
  const byKey = new Map<string, Asked>();
  /** @returns the number of recent requests for this key, this one included. */
  return (key: string): number => {
    const now = Date.now();
    const known = byKey.get(key);
    const asked = known ?? { at: [], from: 0 };
    if (!known) byKey.set(key, asked);
    asked.at.push(now);
    while (!isYounger(asked.at[asked.from] ?? now, milliseconds, now)) asked.from += 1;
    if (asked.from * 2 > asked.at.length) {
      asked.at.splice(0, asked.from);
      asked.from = 0;
    }
    return asked.at.length - asked.from;
  };
}
