import { z } from 'zod';
import {
  longestRestSeconds,
  parseHostSchedule,
  resolveSettings,
  type HostSchedule,
} from '@connected-registry/clock/schedules/hostSchedule';

/** Settings that become a timer's schedule. They must follow the host's grammar, or the host disables the timer. */
const SCHEDULE_SETTINGS = ['ROTATION_SWEEP_SCHEDULE', 'CHECK_SCHEDULE'] as const;

/** Plans that do not support time spans; only App Service plans do (Azure docs: functions-bindings-timer). */
const PLANS_WITHOUT_TIME_SPANS = ['dynamic', 'flexconsumption'];

/** A setting with the schedule of a timer. @param example the default, which the error message quotes. */
export function hostSchedule(example: string) {
  return z
    .string()
    .default(example)
    .refine(
      (text) => readHostSchedule(text) !== undefined,
      `must be an NCRONTAB expression as the host's timers read it (five fields, or six with seconds first; no ?, L, W, # or day 7; a day must fulfil both day fields) that comes again and again, such as ${example}`,
    );
}

/** Parses a schedule; undefined when the host cannot read it, or when it does not recur. */
export function readHostSchedule(text: string): (HostSchedule & { readonly longestRestSeconds: number }) | undefined {
  const found = parseHostSchedule(text, 'UTC');
  const rest = found && longestRestSeconds(found, new Date());
  return found && rest !== undefined ? { ...found, longestRestSeconds: rest } : undefined;
}

/** Replaces `%NAME%` in schedules by the setting of that name, as the host does. */
export function withResolvedSchedules(given: Readonly<Record<string, string | undefined>>): typeof given {
  const resolved = SCHEDULE_SETTINGS.flatMap((name) => {
    const text = given[name];
    if (text === undefined) return [];
    try {
      return [[name, resolveSettings(text, given)]];
    } catch {
      // The text stays as it is, and is refused as an invalid schedule.
      return [];
    }
  });
  return { ...given, ...Object.fromEntries(resolved) };
}

/**
 * Problems of schedules that are time spans on a plan that does not support them.
 *
 * @param plan the app's plan (azure-functions-host, EnvironmentSettingNames: WEBSITE_SKU); undefined outside Azure.
 */
export function scheduleDisagreements(
  settings: Readonly<Record<(typeof SCHEDULE_SETTINGS)[number], string>>,
  plan: string | undefined,
): string[] {
  if (plan === undefined || !PLANS_WITHOUT_TIME_SPANS.includes(plan.toLowerCase())) return [];
  return SCHEDULE_SETTINGS.filter((name) => parseHostSchedule(settings[name])?.kind === 'timeSpan').map(
    (name) => `setting ${name} must be an NCRONTAB expression: a time span is no schedule on the plan ${plan}`,
  );
}
