import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/**
 * Seconds within which an operation ends whatever a test does to the processes. A killed real host goes on with what it
 * had in its hands only when the messages are visible again, after a minute, which a second kill begins anew. Far from
 * what any of it takes, since a busy machine is no fault of the app.
 */
export const PATIENCE = process.env['APP_HOST'] === 'functions' ? 1200 : 240;

/** Characters of the last value that an error quotes. */
const QUOTED = 4000;

export interface UntilOptions {
  /** Seconds after which the wait fails. */
  readonly seconds?: number | undefined;
  /** Milliseconds between two reads, or a function of the number of reads so far. */
  readonly pause?: number | ((reads: number) => number);
}

/**
 * Reads again and again until a value is enough. An error of `read` or of `isEnough` ends the wait.
 *
 * @param what the awaited state, as a clause for the error: `operation 1 has ended`
 * @returns the value that was enough
 * @throws Error that names `what` and the last value, after `seconds`
 */
export function until<T, Wanted extends T>(
  read: () => T | Promise<T>,
  isEnough: (value: T) => value is Wanted,
  what: string,
  options?: UntilOptions,
): Promise<Wanted>;
export function until<T>(
  read: () => T | Promise<T>,
  isEnough: (value: T) => boolean,
  what: string,
  options?: UntilOptions,
): Promise<T>;
export async function until<T>(
  read: () => T | Promise<T>,
  isEnough: (value: T) => boolean,
  what: string,
  { seconds = PATIENCE, pause = 100 }: UntilOptions = {},
): Promise<T> {
  // Not `Date`, which a test may have set to another time.
  const deadline = performance.now() + seconds * 1000;
  for (let reads = 0; ; reads += 1) {
    const value = await read();
    if (isEnough(value)) return value;
    if (performance.now() > deadline)
      throw new Error(
        `Not within ${seconds} s: ${what}. Last value: ${quoted(value)}`,
        value instanceof Error ? { cause: value } : {},
      );
    await sleep(typeof pause === 'number' ? pause : pause(reads));
  }
}

/** Whether a value is there. */
export function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : inspect(value, { depth: 8, breakLength: Infinity });
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}
