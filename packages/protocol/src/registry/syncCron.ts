import { CRON_FIELDS, isWhole, type CronField, type CronTimes } from '@connected-registry/clock/schedules/cronTimes';

/*
 * Sync schedules of connected registries: five fields, UTC. The service says no more than "cron expression"; its
 * recorded tests send `first/step`, and ACR's other schedules are NCRONTAB (Azure docs:
 * container-registry-tasks-reference). This parser accepts what the possible dialects agree on, and also `?` for a day
 * field and Sunday as 7, which have only one meaning. A day must match both day fields, as in NCRONTAB; in dialects
 * where one is enough there would only be more syncs. Everything else (`L`, `W`, `#`, `@daily`, reversed ranges, other
 * numbers of fields) is unreadable and never guessed.
 */

const FIELD_ORDER = ['minutes', 'hours', 'days', 'months', 'weekdays'] as const;
/** `?`: no condition, if the other day field has one. */
const DAY_FIELDS: ReadonlySet<string> = new Set(['days', 'weekdays']);
const ITEM = /^(?:(?<star>\*)|(?<first>[a-z\d]+)(?:-(?<last>[a-z\d]+))?)(?:\/(?<step>\d{1,4}))?$/i;
const SUNDAY = 7;

/** Parses a schedule; undefined if it is unreadable. */
export function parseSyncCron(text: string): CronTimes | undefined {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELD_ORDER.length) return undefined;
  const read: Partial<Record<keyof CronTimes, readonly number[]>> = {};
  for (const [index, name] of FIELD_ORDER.entries()) {
    const part = parts[index] ?? '';
    const values = parseField(DAY_FIELDS.has(name) && part === '?' ? '*' : part, CRON_FIELDS[name]);
    if (values === undefined) return undefined;
    read[name] = [...values].sort((a, b) => a - b);
  }
  const { minutes, hours, days, months, weekdays } = read;
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  return { seconds: [0], minutes, hours, days, months, weekdays };
}

/** Whether the schedule is every minute of every day. */
export function isEveryMinute(times: CronTimes): boolean {
  return FIELD_ORDER.every((name) => isWhole(times[name], CRON_FIELDS[name]));
}

function parseField(text: string, field: CronField): Set<number> | undefined {
  const values = new Set<number>();
  const isWeekday = field === CRON_FIELDS.weekdays;
  for (const item of text.split(',')) {
    const { star, first, last, step } = ITEM.exec(item)?.groups ?? {};
    if (star === undefined && first === undefined) return undefined;
    const interval = step === undefined ? 1 : Number(step);
    const from = first === undefined ? field.low : valueOf(first, field);
    const end = last === undefined ? undefined : valueOf(last, field);
    if (from === undefined || interval < 1 || (last !== undefined && end === undefined)) return undefined;
    const isOpen = star !== undefined || (last === undefined && step !== undefined);
    const to = isOpen ? field.high : (end ?? from);
    // A week that ends on Sunday, by name.
    const until = isWeekday && to === 0 && from > 0 && /^sun/i.test(last ?? '') ? SUNDAY : to;
    if (from > until) return undefined;
    for (let value = from; value <= until; value += interval) values.add(isWeekday ? value % SUNDAY : value);
  }
  return values;
}

/** A number in range, or a name of three letters or more. */
function valueOf(text: string, field: CronField): number | undefined {
  if (/^\d{1,4}$/.test(text)) {
    const number = Number(text);
    const high = field === CRON_FIELDS.weekdays ? SUNDAY : field.high;
    return number >= field.low && number <= high ? number : undefined;
  }
  const index =
    text.length < 3 ? -1 : field.names.findIndex((name) => name.toLowerCase().startsWith(text.toLowerCase()));
  return index < 0 ? undefined : index + field.low;
}
