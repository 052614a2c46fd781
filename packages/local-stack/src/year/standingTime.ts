import { Activity } from '@connected-registry/clock/activity';
import { LocalTime, STANDING } from '@connected-registry/clock/localTime';
import type { FollowedClock } from '@connected-registry/clock/processClock';
import { setProcessClock } from '@connected-registry/clock/processClock';
import { replaceDate } from '@connected-registry/clock/replacedDate';
import { TimelineClock, timelineFrom } from '@connected-registry/clock/timelineClock';

/** The time of a simulation whose parties live in this process, all but those that follow it over HTTP. */
export interface StandingTime {
  readonly clock: FollowedClock;
  readonly time: LocalTime;
}

/**
 * Real milliseconds in which everything that a moment brings must have come to rest. It is for what hangs: onboarding the whole fleet,
 * which is one moment, takes a busy machine more than a minute.
 */
const PATIENCE = 900_000;

/** Puts a time that stands still until it is moved behind `Date` and every clock of this process. */
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
 * Goes to the next moment at which something is due, and comes back when all of it is done.
 * @throws Error naming who did not come to rest
 */
export async function nextMoment({ time }: Pick<StandingTime, 'time'>): Promise<void> {
  const { busy } = await time.jump({ within: PATIENCE });
  if (busy !== undefined) throw new Error(`Not at rest after ${PATIENCE / 1000} s: ${busy.join(', ')}.`);
}
