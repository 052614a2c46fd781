import type { AgentClock } from './agentClock.js';
import type { Log } from './log.js';

/** How far this machine's clock is from that of the services it talks to. */
export interface ClockSkew {
  /** An answer has come with this Date header; null for none. */
  observe(date: string | null | undefined): void;
  /** Seconds that this machine is ahead (negative: behind); undefined while unknown, or when there is nothing to say. */
  seconds(): number | undefined;
}

/** Less is the way of the answer, and what clocks differ by that nobody minds. In seconds. */
const WORTH_TELLING = 30;

/**
 * Notices a clock that is wrong: a device without a battery or before its first NTP answer may be anywhere. It is logged and
 * reported, and nothing is decided by it: whether a device is too late, the app says.
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
