/** The clock of a host whose time a test moves. */
import { Activity } from '@connected-registry/clock/activity';
import { LocalTime } from '@connected-registry/clock/localTime';
import { replaceDate } from '@connected-registry/clock/replacedDate';
import { TimelineClock, timelineFrom } from '@connected-registry/clock/timelineClock';

import type { HostClock } from '../hostClock.js';
import type { Moment } from './messages.js';

/** A clock that runs at the pace of the machine's and jumps. */
export interface JumpingTime {
  readonly clock: HostClock;
  /**
   * Jumps to a time, or to the next due time, and waits until the process is idle. Times are milliseconds since the
   * epoch.
   */
  jump(options: { readonly to?: number; readonly within: number }): Promise<Moment>;
}

/** Sets the time of this process: `Date` follows it from now on. @param startAt milliseconds since the epoch */
export function jumpingTime(startAt: number): JumpingTime {
  const timeline = new TimelineClock(timelineFrom(startAt, 1));
  // Nothing but this process follows the clock, so no real time has to pass before it counts as idle.
  const activity = new Activity({ alone: true });
  const time = new LocalTime(timeline, 'jumping', { activity });
  replaceDate(() => timeline.milliseconds());
  return {
    clock: {
      now: () => timeline.now(),
      setTimer: (at, run) => timeline.setTimer(at, run),
      working: (work) => activity.working(work),
    },
    async jump({ to, within }) {
      const { stops, busy } = await time.jump({
        to: to === undefined ? undefined : new Date(to).toISOString(),
        within,
      });
      return { now: timeline.milliseconds(), stops, busy: busy !== undefined };
    },
  };
}
