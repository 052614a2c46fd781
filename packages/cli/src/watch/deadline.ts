import { CommandError } from '../program/commandError.js';
import { EXIT } from '../program/exitCodes.js';
import type { World } from '../program/world.js';

/** What waits, for how long, and what to say if it gives up. */
export interface Waiting {
  readonly world: World;
  /** Seconds; undefined for ever. */
  readonly timeout: number | undefined;
  /** When the timeout began to count, if that was earlier: milliseconds since 1970. */
  readonly since?: number;
  /** Subject of a sentence: `2 operations`. */
  readonly subject: string;
  /** How to look again, one line of the terminal each. */
  readonly again: readonly string[];
}

/**
 * Repeats until there is a result.
 *
 * @param milliseconds between two tries
 * @throws {CommandError} after the timeout, or when Ctrl-C was pressed: in both cases what was started goes on
 */
export async function repeat<T>(
  waiting: Waiting,
  milliseconds: number,
  once: () => Promise<T | undefined>,
): Promise<T> {
  const { world, timeout, subject, again } = waiting;
  const goesOn = ['The app goes on with it. Look again with:', ...again.map((line) => `  ${line}`)];
  const end = timeout === undefined ? Number.POSITIVE_INFINITY : (waiting.since ?? world.now()) + timeout * 1000;
  try {
    for (;;) {
      const result = await once();
      if (result !== undefined) return result;
      const left = end - world.now();
      if (left <= 0) throw new CommandError(EXIT.timedOut, `${subject} did not end within ${timeout} seconds.`, goesOn);
      await world.sleep(Math.min(milliseconds, left), world.interrupted);
    }
  } catch (error) {
    if (!world.interrupted.aborted) throw error;
    throw new CommandError(EXIT.interrupted, 'interrupted.', goesOn);
  }
}
