import type { CalendarDay } from './days.js';
import type { Freeze } from './plan.js';

/** Dates and times of a time zone, in words. */
export interface DayTexts {
  /** `Sun 29 Mar`. */
  readonly day: (day: CalendarDay) => string;
  /** `29 Mar`. */
  readonly short: (day: CalendarDay) => string;
  /** `Sun 29 Mar, 18:00`. */
  readonly instant: (at: number) => string;
  /** Freezes of one day: `from 18:00`, `until 06:00`, `all day`. */
  readonly freezes: (day: CalendarDay & { readonly freezes: readonly Freeze[] }) => string;
}

export function dayTexts(timeZone: string): DayTexts {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
  const short = format({ day: 'numeric', month: 'short' });
  const long = format({ weekday: 'short', day: 'numeric', month: 'short' });
  const time = format({ hour: '2-digit', minute: '2-digit' });
  const freezeText = (day: CalendarDay, { from, until }: Freeze): string => {
    const [begins, ends] = [from > day.from, until < day.until];
    if (begins && ends) return `${time.format(from)} to ${time.format(until)}`;
    if (begins) return `from ${time.format(from)}`;
    return ends ? `until ${time.format(until)}` : 'all day';
  };
  return {
    day: ({ from }) => long.format(from),
    short: ({ from }) => short.format(from),
    instant: (at) => `${long.format(at)}, ${time.format(at)}`,
    freezes: (day) => day.freezes.map((freeze) => freezeText(day, freeze)).join(', '),
  };
}
