import { longestGapSeconds } from './cronTimes.js';
import { parseNcrontab, type Ncrontab } from './ncrontab.js';
import { parseTimeSpan } from './timeSpan.js';

/** What a timer's schedule may be (azure-webjobs-sdk-extensions, TimerSchedule.Create): NCRONTAB, else a time span. */
export type HostSchedule =
  { readonly kind: 'cron'; readonly cron: Ncrontab } | { readonly kind: 'timeSpan'; readonly milliseconds: number };

/** Undefined when the host would put a timer with this schedule in error. @param timeZone the machine's where absent */
export function parseHostSchedule(text: string, timeZone?: string): HostSchedule | undefined {
  const cron = parseNcrontab(text, timeZone);
  if (cron) return { kind: 'cron', cron };
  const milliseconds = parseTimeSpan(text);
  return milliseconds === undefined ? undefined : { kind: 'timeSpan', milliseconds };
}

/** Longest time between two runs, in seconds; undefined when there are not two. */
export function longestRestSeconds(schedule: HostSchedule, after: Date): number | undefined {
  if (schedule.kind === 'cron') return longestGapSeconds(schedule.cron.times, after);
  return schedule.milliseconds > 0 ? schedule.milliseconds / 1000 : undefined;
}

/**
 * Replaces each `%NAME%` by the setting of that name, found ignoring case, as the host does before it reads a schedule.
 * @throws Error in the words of the real host when there is no such setting
 */
export function resolveSettings(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => {
    const found =
      environment[name] ?? Object.entries(environment).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    if (found === undefined) throw new Error(`'${whole}' does not resolve to a value.`);
    return found;
  });
}
