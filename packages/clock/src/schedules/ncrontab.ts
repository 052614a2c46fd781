import { Cron } from 'croner';
import { CRON_FIELDS, isWhole, nextTime, type CronField, type CronTimes } from './cronTimes.js';

/*
 * NCRONTAB expressions, as the Functions host parses them with NCrontab 3.4 (Azure docs: functions-bindings-timer,
 * "NCRONTAB expressions"; atifaziz/NCrontab, CrontabField and CrontabFieldImpl): five fields, or six with seconds
 * first. No `?`, `L`, `W` or `#`, no Sunday as 7. A day must match both day fields. A reversed range counts from its
 * smaller end. A name may be abbreviated, and invisible characters in it are ignored. An expression that makes the host
 * throw (a number of more than 32 bits) is invalid.
 */

/** A parsed expression. */
export interface Ncrontab {
  readonly times: CronTimes;
  /** Normalized as NCrontab prints it: `*`, or values and ranges of neighbors. */
  readonly text: string;
  /**
   * The first occurrence after a time, in the time zone given at parsing or the machine's; undefined if there is none.
   */
  next(after: Date): Date | undefined;
  /** Whether two occurrences may lie within one minute. */
  readonly isSubMinute: boolean;
}

/** The largest number that the host's parser accepts. */
const LARGEST = 2_147_483_647;
/** White space that .NET allows around a number. It cannot contain a space, which ends a field. */
const BLANKS = String.raw`[\t-\r]*`;
const FIELD_ORDER = ['seconds', 'minutes', 'hours', 'days', 'months', 'weekdays'] as const;

/**
 * Parses an expression.
 * @returns undefined if the text is not an NCRONTAB expression
 */
export function parseNcrontab(text: string, timeZone?: string): Ncrontab | undefined {
  const parts = text.split(' ').filter((part) => part !== '');
  if (parts.length !== 5 && parts.length !== 6) return undefined;
  const hasSeconds = parts.length === 6;
  const names = hasSeconds ? FIELD_ORDER : FIELD_ORDER.slice(1);
  const values: Record<keyof CronTimes, readonly number[]> = {
    seconds: [0],
    minutes: [],
    hours: [],
    days: [],
    months: [],
    weekdays: [],
  };
  for (const [index, name] of names.entries()) {
    const set = parseField(parts[index] ?? '', CRON_FIELDS[name]);
    if (set === undefined) return undefined;
    values[name] = [...set].sort((a, b) => a - b);
  }
  const times: CronTimes = values;
  const printed = names.map((name) => print(times[name], CRON_FIELDS[name]));
  const restIsWild = printed.slice(-5).every((part) => part === '*');
  return {
    times,
    text: printed.join(' '),
    next: timeZone === 'UTC' ? (after) => nextTime(times, after) : inZone(times, printed, hasSeconds, timeZone),
    isSubMinute: restIsWild && times.seconds.length > 1,
  };
}

/** Croner handles the time zones; it gets plain lists of values. */
function inZone(
  times: CronTimes,
  printed: readonly string[],
  hasSeconds: boolean,
  timeZone: string | undefined,
): (after: Date) => Date | undefined {
  // The host runs an "interval" (a star or range in seconds, minutes or hours) in both of the hours that daylight
  // saving repeats, and other schedules in the first one only.
  const isInterval = printed.slice(0, hasSeconds ? 3 : 2).some((part) => /[*-]/.test(part));
  const patterns = FIELD_ORDER.map((name) => (isWhole(times[name], CRON_FIELDS[name]) ? '*' : times[name].join(',')));
  let cron: Cron | undefined;
  return (after) => {
    cron ??= new Cron(patterns.join(' '), {
      paused: true,
      mode: '6-part',
      domAndDow: true,
      fixedTimeRule: isInterval ? 'single-value' : 'no-wildcard',
      ...(timeZone === undefined ? {} : { timezone: timeZone }),
    });
    return cron.nextRun(after) ?? undefined;
  };
}

/**
 * Invisible characters, which the host ignores when it compares names (.NET globalization, by ICU). It also ignores
 * combining marks of some scripts; a schedule with those is refused at start.
 */
const UNSEEN = String.raw`\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb`;
const WORD = String.raw`[\w${UNSEEN}]+${BLANKS}\0*`;
/** .NET ignores zero characters at the end of a number. */
const STEP = String.raw`${BLANKS}([+-]?\d+)${BLANKS}\0*`;
const ITEM = new RegExp(String.raw`^(?:(\*)|(${WORD})(?:-(${WORD}))?)(?:/${STEP})?$`, 'u');
const NUMBER = new RegExp(String.raw`^(\d+)${BLANKS}\0*$`, 'u');
const UNSEEN_ANYWHERE = new RegExp(`[${UNSEEN}]`, 'gu');

function parseField(text: string, field: CronField): Set<number> | undefined {
  const set = new Set<number>();
  for (const item of text.split(',')) {
    const found = ITEM.exec(item);
    if (found === null) return undefined;
    const [, star, first, last, every] = found;
    const interval = every === undefined ? 1 : Number(every);
    const step = Math.max(1, interval);
    const from = star === undefined ? valueOf(first ?? '', field) : field.low;
    const isOpen = star !== undefined || (last === undefined && every !== undefined);
    const to = isOpen ? field.high : valueOf(last ?? first ?? '', field);
    if (from === undefined || to === undefined || interval > LARGEST || interval < -LARGEST - 1) return undefined;
    const low = Math.min(from, to);
    // NCrontab adds the step once more than needed, and an overflow ends the timer's start.
    if (low - field.low + step > LARGEST) return undefined;
    for (let value = low; value <= Math.max(from, to); value += step) set.add(value);
  }
  return set;
}

/** A number in range, or the start of a name: the first name with that prefix. */
function valueOf(text: string, field: CronField): number | undefined {
  if (/^\d/.test(text)) {
    const number = Number(NUMBER.exec(text)?.[1] ?? Number.NaN);
    return number >= field.low && number <= field.high ? number : undefined;
  }
  const seen = text.replaceAll(UNSEEN_ANYWHERE, '').toLowerCase();
  const index = field.names.findIndex((name) => name.toLowerCase().startsWith(seen));
  return index < 0 ? undefined : index + field.low;
}

function print(set: readonly number[], field: CronField): string {
  if (isWhole(set, field)) return '*';
  const runs: [number, number][] = [];
  for (const value of set) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}
