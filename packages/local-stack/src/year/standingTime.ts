import { Activity } from '@connected-registry/clock/activity';
import { LocalTime, STANDING } from '@connected-registry/clock/localTime';
import type { FollowedClock } from '@connected-registry/clock/processClock';
import { setProcessClock } from '@connected-registry/clock/processClock';
import { replaceDate } from '@connected-registry/clock/replacedDate';
import { TimelineClock, timelineFrom } from '@connected-registry/clock/timelineClock';

/** The time of a simulation whose parties run in this process, except those that follow it over HTTP. */
export interface StandingTime {
  readonly clock: FollowedClock;
  readonly time: LocalTime;
}

/**
 * Maximum real milliseconds for all work of one moment to end, to detect work that hangs. Onboarding the whole fleet,
 * which is one moment, takes a loaded machine more than a minute.
 */
const PATIENCE = 900_000;

/** Replaces `Date` and every clock of this process by a time that stands still until it is moved. */
export function standStill(at: Date): StandingTime {
  const timeline = new TimelineClock(timelineFrom(at.getTime(), STANDING));
  const activity = new Activity({ alone: true });
  const time = new LocalTime(timeline, 'jumping', { standing: true, activity });
  const clock: FollowedClock = {
    now: () => timeline.now(),
    setTimer: (when, run, options) => timeline.setTimer(when, run, options),
    working: (work) => activity.working(work),
  };
  setProcessClock(clock);
  replaceDate(() => timeline.milliseconds());
  return { clock, time };
}

/**
 * Moves to the next moment at which something is due, and resolves when all of its work is done.
 * @throws Error that names the processes that did not become idle
 */
export async function nextMoment({ time }: Pick<StandingTime, 'time'>): Promise<void> {
  const { busy } = await time.jump({ within: PATIENCE });
  if (busy !== undefined) throw new Error(`Not idle after ${PATIENCE / 1000} s: ${busy.join(', ')}.`);
}
