import { processClock } from '../clock/processClock.js';
import type { Clock } from '../clock/clock.js';

/**
 * The time that the stand-in lives in: expiry, replication, delivery retries. A jumping clock is put in from outside;
 * socket timeouts and the polls of asynchronous operations stay on real time.
 */
export type { Clock } from '../clock/clock.js';

/** The clock of this process: the machine's, or the one that it follows (local/clock). */
export const systemClock: Clock = processClock();
