import { DAY } from '../../format/times.js';

/** A day of a calendar: 23 or 25 hours where clocks change. */
export interface CalendarDay {
  /** `2026-03-29`. */
  readonly date: string;
  /** Milliseconds since 1970; `until` is the beginning of the next day. */
  readonly from: number;
  readonly until: number;
}

const MINUTE = 60_000;
/** The farthest that a calendar is from UTC's. */
const FARTHEST = 16 * 60;

/**
 * Consecutive days of a time zone's calendar, from the one that `now` is in.
 *
 * @param now milliseconds since 1970
 * @param zone IANA name
 * @throws {RangeError} for a zone that the browser does not know
 */
export function daysFrom(now: number, count: number, zone: string): readonly CalendarDay[] {
  const dateAt = calendarOf(zone);
  const today = Date.parse(dateAt(now));
  const starts = Array.from({ length: count + 1 }, (_, index) => {
    const date = new Date(today + index * DAY).toISOString().slice(0, 10);
    return { date, from: beginningOf(date, dateAt) };
  });
  return starts.slice(0, count).map((day, index) => ({ ...day, until: starts[index + 1]?.from ?? day.from + DAY }));
}

/** Gives the date of an instant in a zone, as `2026-03-29`. */
function calendarOf(zone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
  };
}

/**
 * The first minute of a date. It is searched for, since midnight may not exist, and offsets have changed by any number
 * of minutes.
 */
function beginningOf(date: string, dateAt: (at: number) => string): number {
  const utc = Date.parse(date);
  let [before, found] = [-FARTHEST, FARTHEST];
  while (found - before > 1) {
    const middle = Math.floor((before + found) / 2);
    if (dateAt(utc + middle * MINUTE) < date) before = middle;
    else found = middle;
  }
  return utc + found * MINUTE;
}
