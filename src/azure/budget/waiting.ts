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
 * A clock that never goes back. When the given clock is set back, the time goes on from where it was: otherwise no
 * bucket would fill, and no reservation would come, until the clock has caught up. The monotonic clock of the process
 * is no substitute, since a simulated `Date` may jump ahead.
 */
export function steadyTime(clock: BudgetClock): BudgetClock {
  let last = -Infinity;
  /** Milliseconds by which the given clock was set back, and which passed unseen in sleeps. */
  let lost = 0;
  let stepsBack = 0;
  const now = (): number => {
    const given = clock.now();
    if (given < last) {
      lost += last - given;
      stepsBack += 1;
    }
    last = given;
    return given + lost;
  };
  return {
    now,
    sleep: async (milliseconds) => {
      const [began, steps] = [now(), stepsBack];
      await clock.sleep(milliseconds);
      const ended = now();
      // The step hid the time that has passed.
      if (stepsBack > steps) lost += Math.max(0, began + milliseconds - ended);
    },
  };
}

/**
 * Waits for a caller's turn. It asks again after each wait, since more urgent callers may have delayed the turn.
 *
 * @param ask takes the turn and returns undefined, or returns its time in milliseconds since the epoch.
 * @param within maximum milliseconds to wait.
 * @returns undefined if the turn is taken; else its time, which is later than `within` allows. A clock that does not
 * advance ends the wait, too.
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
