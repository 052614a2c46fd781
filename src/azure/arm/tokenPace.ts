import { submitted, type WritePoller } from './writeEnd.js';

/** Seconds until a token is usable, when it is not yet; see `createToken` of the control plane. */
export interface MadeToken {
  readonly readyInSeconds?: number;
}

/** Milliseconds for which an observation of the service's pace is used. */
const OBSERVED_FOR = 60_000;

/**
 * Seconds to wait for a token when the service names none. Recorded: Retry-After 10; all 26 creations were done by
 * then.
 */
const DEFAULT_SECONDS = 10;

/**
 * Decides when to poll the creation of a token. The real service ends most creations within a second and the rest by
 * the ten seconds of its Retry-After (recorded), and each poll counts against the limit of reads. So the first creation
 * is polled at once, and others wait for its answer. If it was not done, no creation of the next minute is polled: its
 * token is read once, after the time that the service names. The wait is the caller's, which holds no activity in the
 * meantime.
 *
 * @param now milliseconds of a clock that never goes back.
 */
export function createTokenPace(now: () => number = () => performance.now()) {
  let slowUntil = -Infinity;
  let quickUntil = -Infinity;
  let probe: Promise<unknown> | undefined;

  /** @param retryAfter seconds that the service's answer names. */
  return async (poller: WritePoller, retryAfter: () => number | undefined): Promise<MadeToken> => {
    await submitted(poller);
    if (poller.isDone) return {};
    const ready = (): MadeToken => ({ readyInSeconds: retryAfter() ?? DEFAULT_SECONDS });
    // One creation is polled first; the others wait for what it shows.
    if (probe && now() >= quickUntil) await probe.catch(() => undefined);
    if (now() < slowUntil) return ready();
    const polled = poller.poll();
    const isProbe = probe === undefined;
    if (isProbe) probe = polled;
    try {
      await polled;
      if (poller.isDone) quickUntil = now() + OBSERVED_FOR;
      else {
        slowUntil = now() + OBSERVED_FOR;
        quickUntil = -Infinity;
      }
    } finally {
      if (isProbe) probe = undefined;
    }
    return poller.isDone ? {} : ready();
  };
}
