import type { AgentClock } from './agentClock.js';
import type { Log } from './log.js';

/** The difference between this machine's clock and the clocks of the services. */
export interface ClockSkew {
  /** Takes the Date header of an answer; null if it has none. */
  observe(date: string | null | undefined): void;
  /** Seconds that this machine is ahead (negative: behind); undefined while unknown or negligible. */
  seconds(): number | undefined;
}

/** Smaller differences, in seconds, come from network latency and normal clock drift. */
const WORTH_TELLING = 30;

/**
 * Detects a wrong clock, for example on a device without a battery or before its first NTP answer. The difference is
 * logged and reported, but decides nothing: the app decides whether a device is too late.
 */
export function createClockSkew(clock: AgentClock, log: Log): ClockSkew {
  let current: number | undefined;
  return {
    observe(date) {
      const theirs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
      if (Number.isNaN(theirs)) return;
      const found = Math.round((clock.now().getTime() - theirs) / 1_000);
      const next = Math.abs(found) < WORTH_TELLING ? undefined : found;
      const isNews = next === undefined ? current !== undefined : Math.abs(next - (current ?? 0)) >= WORTH_TELLING;
      if (!isNews) return;
      current = next;
      log(next === undefined ? "this machine's clock is right again" : "this machine's clock is wrong", {
        seconds: found,
      });
    },
    seconds: () => current,
  };
}
