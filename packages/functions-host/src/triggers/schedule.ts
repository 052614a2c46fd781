/**
 * The schedule of a timer function: NCRONTAB or a time span, given directly or by a setting (Azure docs:
 * functions-bindings-timer).
 */
import { parseHostSchedule, resolveSettings } from '@connected-registry/clock/schedules/hostSchedule';
import { formatTimeSpan } from '@connected-registry/clock/schedules/timeSpan';
import type { AppFunction } from '../worker/app.js';

export interface TimerSchedule {
  /** As in the host's log: `Cron: '0 * * * * *'` or `Constant: 00:00:05`. */
  readonly text: string;
  /** Passed to the function as schedule.adjustForDST. */
  readonly adjustForDst: boolean;
  /** The first occurrence after a time; undefined if there is none. */
  next(after: Date): Date | undefined;
  /** False for frequent schedules, whose status is never kept: `useMonitor` does not matter for them. */
  readonly canBeMonitored: boolean;
}

/**
 * The schedule in a timer's trigger. `%NAME%` is replaced by that setting.
 * @throws Error in the words of the real host if the setting or the schedule is missing
 */
export function scheduleOf(fn: AppFunction, environment: Readonly<Record<string, string | undefined>>): TimerSchedule {
  const given = fn.bindings[fn.triggerName]?.['schedule'];
  return parseSchedule(resolveSettings(typeof given === 'string' ? given : '', environment));
}

/** @throws Error if the text is neither */
export function parseSchedule(text: string, timeZone?: string): TimerSchedule {
  const found = parseHostSchedule(text, timeZone);
  if (found === undefined)
    throw new Error(
      `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string.`,
    );
  if (found.kind === 'cron') {
    const { cron } = found;
    return {
      text: `Cron: '${cron.text}'`,
      adjustForDst: true,
      next: (after) => cron.next(after),
      canBeMonitored: !cron.isSubMinute,
    };
  }
  const { milliseconds } = found;
  return {
    text: `Constant: ${formatTimeSpan(milliseconds)}`,
    adjustForDst: false,
    next: (after) => new Date(after.getTime() + milliseconds),
    canBeMonitored: milliseconds >= 60_000,
  };
}
