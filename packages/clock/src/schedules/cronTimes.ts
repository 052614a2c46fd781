/** The times of a cron expression, independent of its grammar: sorted values of each field, never empty. */
export interface CronTimes {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Of the month, from 1. A day must be in this list and in `weekdays`. */
  readonly days: readonly number[];
  /** From 1. */
  readonly months: readonly number[];
  /** From 0, Sunday. */
  readonly weekdays: readonly number[];
}

/** The range of a field, and the names of its values. */
export interface CronField {
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** In the order of an expression with seconds. */
export const CRON_FIELDS = {
  seconds: { low: 0, high: 59, names: [] },
  minutes: { low: 0, high: 59, names: [] },
  hours: { low: 0, high: 23, names: [] },
  days: { low: 1, high: 31, names: [] },
  months: { low: 1, high: 12, names: MONTHS },
  weekdays: { low: 0, high: 6, names: WEEKDAYS },
} as const satisfies Readonly<Record<keyof CronTimes, CronField>>;

/** Whether a field allows every value, as `*` does. */
export function isWhole(values: readonly number[], { low, high }: CronField): boolean {
  return values.length === high - low + 1;
}

/** Milliseconds. */
const DAY = 86_400_000;
/**
 * Years to search for a day. The rarest day is 29 February on a given weekday: up to 40 years apart around a year such
 * as 2100, which has no leap day.
 */
const SEARCHED_YEARS = 41;
/** Years that hold two leap days, also around such a year. */
const GAP_YEARS = 8;

/** The first time after `after`, in UTC; undefined if there is none, as for 31 February. */
export function nextTime(times: CronTimes, after: Date): Date | undefined {
  const start = Math.floor(after.getTime() / 1000) * 1000 + 1000;
  const today = Math.floor(start / DAY) * DAY;
  for (const day of daysFrom(times, today, SEARCHED_YEARS)) {
    const second = firstSecond(times, day === today ? (start - today) / 1000 : 0);
    if (second !== undefined) return new Date(day + second * 1000);
  }
  return undefined;
}

/**
 * The longest time between two of the times from `after` on, in seconds; undefined if there are not two. Checks every
 * day of the coming years, because a schedule that is frequent within a day may pause for a weekend or a season.
 */
export function longestGapSeconds(times: CronTimes, after: Date): number | undefined {
  const { seconds, minutes, hours, days, months, weekdays } = times;
  const withinMinute = span(seconds);
  const withinHour = span(minutes) * 60 + withinMinute;
  const withinDay = span(hours) * 3600 + withinHour;
  const gaps = [
    longestStep(seconds),
    longestStep(minutes) * 60 - (minutes.length > 1 ? withinMinute : 0),
    longestStep(hours) * 3600 - (hours.length > 1 ? withinHour : 0),
  ];
  const isDaily =
    isWhole(days, CRON_FIELDS.days) && isWhole(months, CRON_FIELDS.months) && isWhole(weekdays, CRON_FIELDS.weekdays);
  const nights = isDaily ? 1 : longestDayStep(times, after);
  return nights === undefined ? undefined : Math.max(...gaps, nights * 86_400 - withinDay);
}

function longestDayStep(times: CronTimes, after: Date): number | undefined {
  const from = Math.floor(after.getTime() / DAY) * DAY;
  let longest: number | undefined;
  let previous: number | undefined;
  for (const day of daysFrom(times, from, 2 * SEARCHED_YEARS)) {
    if (previous !== undefined) longest = Math.max(longest ?? 0, (day - previous) / DAY);
    previous = day;
    if (longest !== undefined && day - from > GAP_YEARS * 366 * DAY) break;
  }
  return longest;
}

/** Days that the fields allow, from the day of `from` on, as their first instant in milliseconds. */
function* daysFrom({ days, months, weekdays }: CronTimes, from: number, years: number): Generator<number> {
  const first = new Date(from);
  const firstMonth = first.getUTCFullYear() * 12 + first.getUTCMonth();
  for (let index = firstMonth; index <= firstMonth + years * 12; index += 1) {
    const year = Math.floor(index / 12);
    const month = index % 12;
    if (!months.includes(month + 1)) continue;
    for (const day of days) {
      const instant = Date.UTC(year, month, day);
      // A day after the end of the month is in the next month.
      if (instant < from || new Date(instant).getUTCMonth() !== month) continue;
      if (weekdays.includes(new Date(instant).getUTCDay())) yield instant;
    }
  }
}

/** The first second of a day, counted from its start, that the fields allow and that is not before `from`. */
function firstSecond({ seconds, minutes, hours }: CronTimes, from: number): number | undefined {
  for (const hour of hours) {
    if (hour * 3600 + 3599 < from) continue;
    for (const minute of minutes) {
      const start = hour * 3600 + minute * 60;
      if (start + 59 < from) continue;
      const second = seconds.find((value) => start + value >= from);
      if (second !== undefined) return start + second;
    }
  }
  return undefined;
}

function span(values: readonly number[]): number {
  return (values.at(-1) ?? 0) - (values[0] ?? 0);
}

function longestStep(values: readonly number[]): number {
  return Math.max(0, ...values.slice(1).map((value, index) => value - (values[index] ?? value)));
}
