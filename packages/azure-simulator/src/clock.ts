import { processClock } from '@connected-registry/clock/processClock';
import type { Clock } from '@connected-registry/clock/clock';

/**
 * The time that the stand-in lives in: expiry, replication, delivery retries. A jumping clock is put in from outside;
 * socket timeouts and the polls of asynchronous operations stay on real time.
 */
export type { Clock } from '@connected-registry/clock/clock';

/** The clock of this process: the machine's, or the one that it follows (the clock workspace). */
export const systemClock: Clock = processClock();
