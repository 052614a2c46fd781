/** When polling ends, and how often it reads. */
interface PollingTimes<T> {
  readonly isEnough: (value: T) => boolean;
  /** Milliseconds between the end of a read and the next one. */
  readonly every: number;
  /** Milliseconds since the epoch, after which no read starts. */
  readonly until: number;
}

/**
 * Reads a value at intervals, at least once, until it is enough or the time is over.
 *
 * @returns the value of the last read.
 */
export async function pollUntil<T>(read: () => Promise<T>, { isEnough, every, until }: PollingTimes<T>): Promise<T> {
  for (;;) {
    const value = await read();
    if (isEnough(value) || Date.now() + every > until) return value;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
