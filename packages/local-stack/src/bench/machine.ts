import { availableParallelism, cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds during which the load of the processors is measured while the benchmark is idle. */
const LOOK = 500;
/** Share of the processors' time above which other processes disturb a measurement. */
const BUSY = 0.15;

/** The load of the machine: the used share of all processors' time, 0 to 1. */
export type Usage = number;

/** @returns the load of other processes at this moment; the caller must be idle */
export async function usedByOthers(): Promise<Usage> {
  const before = times();
  await sleep(LOOK);
  const after = times();
  const total = after.total - before.total;
  return total === 0 ? 0 : 1 - (after.idle - before.idle) / total;
}

function times(): { idle: number; total: number } {
  const all = cpus().map((one) => one.times);
  const sum = (values: readonly number[]): number => values.reduce((so, value) => so + value, 0);
  return {
    idle: sum(all.map(({ idle }) => idle)),
    total: sum(all.map((one) => sum(Object.values(one)))),
  };
}

/**
 * The conclusion of a benchmark: which goals were missed and, if any, whether the machine had other load.
 *
 * @param missed one text for each missed goal, with the value and the goal
 * @param looks at the machine before and after the measurement
 */
export function verdict(missed: readonly string[], looks: readonly Usage[]): string {
  const max = Math.max(0, ...looks);
  const share = `other processes used up to ${Math.round(100 * max)} % of its ${availableParallelism()} cores`;
  const machine =
    max >= BUSY
      ? `The machine was busy (${share}): measure again on an idle one before relying on the times.`
      : `The machine was not busy (${share}).`;
  if (missed.length > 0) return `Not met: ${missed.join('; ')}.\n${machine}`;
  return max >= BUSY ? `Every goal that was measured is met. ${machine}` : 'Every goal that was measured is met.';
}

/** The missed goals of a table, for {@link verdict}. */
export function missedIn(lines: readonly { what: string; value: string; goal?: string; met?: boolean }[]): string[] {
  return lines
    .filter(({ met }) => met === false)
    .map(({ what, value, goal }) => `${what} (${value}, goal ${goal ?? 'not stated'})`);
}
