import { setTimeout as pause } from 'node:timers/promises';

/** The time that budgets use. */
export interface BudgetClock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

/** The time of this process. */
export const processTime: BudgetClock = { now: () => Date.now(), sleep: (milliseconds) => pause(milliseconds) };

/**
 * Waits for a caller's turn. It asks again after each wait, since more urgent callers may have delayed the turn.
 *
 * @param ask takes the turn and returns undefined, or returns its time in milliseconds since the epoch.
 * @param within maximum milliseconds to wait.
 * @returns undefined if the turn is taken; else its time, which is later than `within` allows. A clock that does not advance ends the wait,
 * too.
 */
export async function whenDue(
  clock: BudgetClock,
  within: number,
  ask: () => number | undefined,
): Promise<number | undefined> {
  let left = within;
  for (;;) {
    const at = ask();
    if (at === undefined) return undefined;
    const began = clock.now();
    const milliseconds = Math.max(1, at - began);
    if (milliseconds > left) return at;
    await clock.sleep(milliseconds);
    left -= milliseconds;
    if (clock.now() <= began) return at;
  }
}
