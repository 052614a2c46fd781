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

/** A measurement, and the load of the machine before and after it. */
export interface Measurement<T> {
  readonly result: T;
  readonly looks: readonly Usage[];
}

/**
 * Measures until the machine was quiet before and after, a few times at most.
 *
 * @param attempts maximum number of measurements
 * @param say called with the reason when it measures again
 * @param look at the load; the benchmark is idle then
 * @returns the first measurement on a quiet machine, or the one with the least load
 */
export async function measureQuietly<T>(
  measure: () => Promise<T>,
  attempts: number,
  say: (text: string) => void,
  look: () => Promise<Usage> = usedByOthers,
): Promise<Measurement<T>> {
  let best: Measurement<T> | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const before = await look();
    const result = await measure();
    const looks = [before, await look()];
    const load = Math.max(...looks);
    if (best === undefined || load < Math.max(...best.looks)) best = { result, looks };
    if (load < BUSY || attempt >= attempts) return best;
    say(
      `The machine was not quiet: other processes used up to ${Math.round(100 * load)} % of its cores. ` +
        `Measuring again (${attempt + 1} of ${attempts}).`,
    );
  }
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
