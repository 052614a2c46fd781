/** The schedule of a timer function: NCRONTAB or time span, itself or in a setting (Azure docs: functions-bindings-timer). */
import type { AppFunction } from '../worker/app.js';
import { parseNcrontab } from './ncrontab.js';
import { formatTimeSpan, parseTimeSpan } from './timeSpan.js';

export interface TimerSchedule {
  /** As the host's log names it: `Cron: '0 * * * * *'` or `Constant: 00:00:05`. */
  readonly text: string;
  /** Told to the function as schedule.adjustForDST. */
  readonly adjustForDst: boolean;
  /** The first occurrence after a time; undefined when it never occurs again. */
  next(after: Date): Date | undefined;
  /** False: it occurs so often that its status is not kept, whatever useMonitor says. */
  readonly canBeMonitored: boolean;
}

/**
 * The schedule that a timer's trigger names; `%NAME%` is replaced by that setting.
 * @throws Error in the words of the real host when the setting or the schedule is not there
 */
export function scheduleOf(fn: AppFunction, environment: Readonly<Record<string, string | undefined>>): TimerSchedule {
  const given = fn.bindings[fn.triggerName]?.['schedule'];
  return parseSchedule(resolveSettings(typeof given === 'string' ? given : '', environment));
}

/** Replaces each `%NAME%` by the setting of that name, found ignoring case. */
export function resolveSettings(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => {
    const found =
      environment[name] ?? Object.entries(environment).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    if (found === undefined) throw new Error(`'${whole}' does not resolve to a value.`);
    return found;
  });
}

/** @throws Error when the text is neither */
export function parseSchedule(text: string, timeZone?: string): TimerSchedule {
  const cron = parseNcrontab(text, timeZone);
  if (cron !== undefined)
    return {
      text: `Cron: '${cron.text}'`,
      adjustForDst: true,
      next: (after) => cron.next(after),
      canBeMonitored: !cron.isSubMinute,
    };
  const span = parseTimeSpan(text);
  if (span === undefined)
    throw new Error(
      `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string.`,
    );
  return {
    text: `Constant: ${formatTimeSpan(span)}`,
    adjustForDst: false,
    next: (after) => new Date(after.getTime() + span),
    canBeMonitored: span >= 60_000,
  };
}
