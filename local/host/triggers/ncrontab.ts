/**
 * NCRONTAB expressions (Azure docs: functions-bindings-timer, "NCRONTAB expressions"): five fields, or six with seconds first.
 * The grammar is narrower than common cron dialects (no `?`, `L`, `W`, `#`, no Sunday as 7), and a day must fulfil both its day fields.
 * Croner finds the occurrences; this file reads the grammar and hands Croner plain lists.
 */
import { Cron } from 'croner';

interface Field {
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
}

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const seconds: Field = { low: 0, high: 59, names: [] };
const fields: readonly Field[] = [
  { low: 0, high: 59, names: [] },
  { low: 0, high: 23, names: [] },
  { low: 1, high: 31, names: [] },
  { low: 1, high: 12, names: months },
  { low: 0, high: 6, names: days },
];

/** A parsed expression. */
export interface Ncrontab {
  /** Normalised as NCrontab prints it: `*`, or values and ranges of neighbours. */
  readonly text: string;
  /** The first occurrence after a time, in the machine's time zone (or the one given at parsing); undefined when there is none. */
  next(after: Date): Date | undefined;
  /** Whether two occurrences may lie within one minute. */
  readonly isSubMinute: boolean;
}

/** @returns undefined when the text is no NCRONTAB expression */
export function parseNcrontab(text: string, timeZone?: string): Ncrontab | undefined {
  const parts = text.split(' ').filter((part) => part !== '');
  const layout = parts.length === 6 ? [seconds, ...fields] : parts.length === 5 ? fields : undefined;
  if (layout === undefined) return undefined;
  const values: number[][] = [];
  for (const [i, field] of layout.entries()) {
    const set = parseField(parts[i] ?? '', field);
    if (set === undefined) return undefined;
    values.push([...set].sort((a, b) => a - b));
  }
  const printed = values.map((set, i) => print(set, layout[i] ?? seconds));
  const patterns = values.map((set, i) => (isWhole(set, layout[i] ?? seconds) ? '*' : set.join(',')));
  if (layout.length === 5) patterns.unshift('0');
  // The real host runs an "interval" (a star or range in seconds, minutes or hours) through both of the hours that daylight
  // saving repeats, and anything else in the first one only.
  const isInterval = printed.slice(0, layout.length === 6 ? 3 : 2).some((part) => /[*-]/.test(part));
  const cron = new Cron(patterns.join(' '), {
    paused: true,
    mode: '6-part',
    domAndDow: true,
    fixedTimeRule: isInterval ? 'single-value' : 'no-wildcard',
    ...(timeZone === undefined ? {} : { timezone: timeZone }),
  });
  const secondsOf = layout.length === 6 ? (values[0] ?? []) : [0];
  const restIsWild = printed.slice(layout.length - 5).every((part) => part === '*');
  return {
    text: printed.join(' '),
    next: (after) => cron.nextRun(after) ?? undefined,
    isSubMinute: restIsWild && secondsOf.length > 1,
  };
}

function isWhole(set: readonly number[], field: Field): boolean {
  return set.length === field.high - field.low + 1;
}

function parseField(text: string, field: Field): Set<number> | undefined {
  const set = new Set<number>();
  for (const item of text.split(',')) {
    const found = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(item);
    if (found === null) return undefined;
    const [, star, first, last, every] = found;
    const step = Math.max(1, Number(every ?? 1));
    const from = star === undefined ? valueOf(first ?? '', field) : field.low;
    const open = star !== undefined || (last === undefined && every !== undefined);
    const to = open ? field.high : valueOf(last ?? first ?? '', field);
    if (from === undefined || to === undefined) return undefined;
    // A range that is given backwards counts from its smaller end, as in NCrontab.
    for (let value = Math.min(from, to); value <= Math.max(from, to); value += step) set.add(value);
  }
  return set;
}

/** A number in range, or the beginning of a name: the first name that begins so. */
function valueOf(text: string, field: Field): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= field.low && number <= field.high ? number : undefined;
  }
  const index = field.names.findIndex((name) => name.toLowerCase().startsWith(text.toLowerCase()));
  return index < 0 ? undefined : index + field.low;
}

function print(set: readonly number[], field: Field): string {
  if (isWhole(set, field)) return '*';
  const runs: [number, number][] = [];
  for (const value of set) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}
