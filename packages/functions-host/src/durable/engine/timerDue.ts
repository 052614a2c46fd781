/** When a durable timer fires: at its time, or before it, as on the real host. */

/**
 * Milliseconds after which a timer fires that was created again within the last second before its time: up to ten
 * times.
 */
const earlyStep = 100;

/**
 * Milliseconds that a timer's message takes into its queue. The remaining time is then rounded down to whole seconds.
 */
const enqueued = 50;

/**
 * @param at the timer's time, ms
 * @param early whether the timer is one of those that fire early on every host
 * @param earlyTimers whether all fire up to a second early
 */
export function timerDue(
  { at, now, early }: { at: number; now: number; early: boolean },
  { earlyTimers }: { earlyTimers: boolean },
): number {
  // As on the real host, where a timer's message counts whole seconds and takes a while to come back.
  if (early) return Math.min(at, now + Math.max(earlyStep, Math.floor((at - now - enqueued) / 1000) * 1000));
  return earlyTimers && at > now ? now + Math.floor((at - now) / 1000) * 1000 : at;
}
