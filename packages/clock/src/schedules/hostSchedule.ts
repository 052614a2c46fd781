import { longestGapSeconds } from './cronTimes.js';
import { parseNcrontab, type Ncrontab } from './ncrontab.js';
import { parseTimeSpan } from './timeSpan.js';

/** The schedule of a timer (azure-webjobs-sdk-extensions, TimerSchedule.Create): NCRONTAB or a time span. */
export type HostSchedule =
  { readonly kind: 'cron'; readonly cron: Ncrontab } | { readonly kind: 'timeSpan'; readonly milliseconds: number };

/**
 * Parses a schedule.
 * @returns undefined if the host would refuse to start a timer with it
 * @param timeZone default: the machine's
 */
export function parseHostSchedule(text: string, timeZone?: string): HostSchedule | undefined {
  const cron = parseNcrontab(text, timeZone);
  if (cron) return { kind: 'cron', cron };
  const milliseconds = parseTimeSpan(text);
  return milliseconds === undefined ? undefined : { kind: 'timeSpan', milliseconds };
}

/** The longest time between two runs, in seconds; undefined if there are not two. */
export function longestRestSeconds(schedule: HostSchedule, after: Date): number | undefined {
  if (schedule.kind === 'cron') return longestGapSeconds(schedule.cron.times, after);
  return schedule.milliseconds > 0 ? schedule.milliseconds / 1000 : undefined;
}

/**
 * Replaces each `%NAME%` by the setting of that name, ignoring case, as the host does before it parses a schedule.
 * @throws Error with the real host's message if a setting does not exist
 */
export function resolveSettings(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => {
    const found =
      environment[name] ?? Object.entries(environment).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    if (found === undefined) throw new Error(`'${whole}' does not resolve to a value.`);
    return found;
  });
}
