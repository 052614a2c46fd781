import { z } from 'zod';
import {
  longestRestSeconds,
  parseHostSchedule,
  resolveSettings,
  type HostSchedule,
} from '@connected-registry/clock/schedules/hostSchedule';

/** The settings that become a timer's schedule: read by the host's own grammar, or the host would put the timer in error. */
const SCHEDULE_SETTINGS = ['ROTATION_SWEEP_SCHEDULE', 'CHECK_SCHEDULE'] as const;

/** Plans on which a time span is no schedule: it runs in an App Service plan only (Azure docs: functions-bindings-timer). */
const PLANS_WITHOUT_TIME_SPANS = ['dynamic', 'flexconsumption'];

/** When the host runs a timer. */
export function hostSchedule(example: string) {
  return z
    .string()
    .default(example)
    .refine(
      (text) => readHostSchedule(text) !== undefined,
      `must be an NCRONTAB expression as the host's timers read it (five fields, or six with seconds first; no ?, L, W, # or day 7; a day must fulfil both day fields) that comes again and again, such as ${example}`,
    );
}

/** Undefined for what the host cannot read, and for what does not come again and again. */
export function readHostSchedule(text: string): (HostSchedule & { readonly longestRestSeconds: number }) | undefined {
  const found = parseHostSchedule(text, 'UTC');
  const rest = found && longestRestSeconds(found, new Date());
  return found && rest !== undefined ? { ...found, longestRestSeconds: rest } : undefined;
}

/** The given settings, with `%NAME%` in a schedule replaced as the host would. */
export function withResolvedSchedules(given: Readonly<Record<string, string | undefined>>): typeof given {
  const resolved = SCHEDULE_SETTINGS.flatMap((name) => {
    const text = given[name];
    if (text === undefined) return [];
    try {
      return [[name, resolveSettings(text, given)]];
    } catch {
      // Left as it is, the text is no schedule, and is refused as such.
      return [];
    }
  });
  return { ...given, ...Object.fromEntries(resolved) };
}

/**
 * Time spans where the plan of the app does not run them.
 * @param plan what the platform says of it (azure-functions-host, EnvironmentSettingNames: WEBSITE_SKU); absent elsewhere.
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
