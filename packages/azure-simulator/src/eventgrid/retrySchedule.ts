/**
 * When Event Grid retries (Azure docs: event-grid delivery-and-retry): after 10 s, 30 s, 1, 5, 10 and 30 minutes, 1, 3
 * and 6 hours, then every 12 hours, until the time to live or the number of attempts ends it. In seconds. The service's
 * jitter is omitted, so that runs are reproducible.
 */
const STEPS = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600];
const LAST = 43_200;

/** Minimum seconds that the service waits after these answers. */
const FLOORS: Readonly<Record<number, number>> = { 401: 300, 403: 300, 404: 300, 408: 120, 503: 30 };

/** Never retried: the event is dead-lettered immediately. */
const FINAL = new Set([400, 413]);

export interface Verdict {
  outcome: 'delivered' | 'retry' | 'dead';
  /** Seconds until the next attempt. */
  wait: number;
}

/**
 * @param status of the answer; undefined if there was none
 * @param attempts made so far, including this one
 */
export function retryVerdict(status: number | undefined, attempts: number): Verdict {
  if (status !== undefined && status >= 200 && status <= 204) return { outcome: 'delivered', wait: 0 };
  if (status !== undefined && FINAL.has(status)) return { outcome: 'dead', wait: 0 };
  const step = STEPS[attempts - 1] ?? LAST;
  return { outcome: 'retry', wait: Math.max(step, FLOORS[status ?? 0] ?? 0) };
}
