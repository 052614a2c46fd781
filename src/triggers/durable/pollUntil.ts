/** When polling ends, and how often it reads. */
interface PollingTimes<T> {
  readonly isEnough: (value: T) => boolean;
  /** Milliseconds between the end of a read and the next one. */
  readonly every: number;
  /** After it no read starts. */
  readonly until: Deadline;
}

/**
 * A time of the process's monotonic clock, so that a correction of the system time neither ends nor prolongs a wait.
 */
export type Deadline = number & { readonly [MONOTONIC]: true };
declare const MONOTONIC: unique symbol;

export function deadlineIn(milliseconds: number): Deadline {
  return (performance.now() + milliseconds) as Deadline;
}

/** Milliseconds until then, at least 0. */
export function leftUntil(deadline: Deadline): number {
  return Math.max(0, deadline - performance.now());
}

/**
 * Reads a value at intervals, at least once, until it is enough or the time is over.
 *
 * @returns the value of the last read.
 */
export async function pollUntil<T>(read: () => Promise<T>, { isEnough, every, until }: PollingTimes<T>): Promise<T> {
  for (;;) {
    const value = await read();
    if (isEnough(value) || leftUntil(until) < every) return value;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
