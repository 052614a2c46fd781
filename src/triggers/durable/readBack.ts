import { deadlineIn, pollUntil } from './pollUntil.js';
import { CONFIRMED_WITHIN } from './startRun.js';

/** Milliseconds between two reads. */
const READ_INTERVAL = 100;

/**
 * Reads until the effect of a signal shows, since the engine accepts signals that it carries out later.
 * @returns the last value, which may not be enough: then what became of the signal is unknown
 */
export function readBack<T>(read: () => Promise<T>, isEnough: (value: T) => boolean): Promise<T> {
  return pollUntil(read, { isEnough, every: READ_INTERVAL, until: deadlineIn(CONFIRMED_WITHIN) });
}
