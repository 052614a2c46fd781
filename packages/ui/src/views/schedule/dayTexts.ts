import type { CalendarDay } from './days.js';
import type { Freeze, KnownTime } from './plan.js';

/** Dates and times of a time zone, in words. */
export interface DayTexts {
  /** `Sun 29 Mar`. */
  readonly day: (day: CalendarDay) => string;
  /** `29 Mar`. */
  readonly short: (day: CalendarDay) => string;
  /** `Sun 29 Mar, 18:00`. */
  readonly instant: (at: number) => string;
  /**
   * Freezes of one day: `from 18:00`, `until 06:00`, `all day`.
   * @param known of the freezes: when the present one began is not, nor what ends with it
   */
  readonly freezes: (day: CalendarDay & { readonly freezes: readonly Freeze[] }, known: KnownTime) => string;
}

/**
 * How near to the end of what is known a freeze ends that is cut there: the two come from different instants of one
 * answer.
 */
const TOLERANCE = 60_000;

export function dayTexts(timeZone: string): DayTexts {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { timeZone, ...options });
  const short = format({ day: 'numeric', month: 'short' });
  const long = format({ weekday: 'short', day: 'numeric', month: 'short' });
  const time = format({ hour: '2-digit', minute: '2-digit' });
  const freezeText = (day: CalendarDay, { from, until }: Freeze, known: KnownTime): string => {
    const [begins, ends] = [from > Math.max(day.from, known.from), until < day.until];
    const end = `${time.format(until)}${until > known.until - TOLERANCE ? ' or later' : ''}`;
    if (begins && ends) return `${time.format(from)} to ${end}`;
    if (begins) return `from ${time.format(from)}`;
    return ends ? `until ${end}` : 'all day';
  };
  return {
    day: ({ from }) => long.format(from),
    short: ({ from }) => short.format(from),
    instant: (at) => `${long.format(at)}, ${time.format(at)}`,
    freezes: (day, known) => day.freezes.map((freeze) => freezeText(day, freeze, known)).join(', '),
  };
}
