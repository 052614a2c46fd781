import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import { parseNcrontab } from '@connected-registry/clock/schedules/ncrontab';

/** A recurring time in which no rotation begins and no password is revoked. */
export interface FreezeWindow {
  /** When it begins: NCRONTAB with five fields, as all schedules of the app, in `timeZone`. */
  readonly cron: string;
  readonly seconds: number;
  /** IANA name. */
  readonly timeZone: string;
}

/** Maximum adjacent windows that are joined to one freeze: more than the minutes of a day. */
const MAX_IN_A_ROW = 1500;

const MINUTE = 60_000;
const DAY = 86_400;
/** Maximum days from now to the end of a freeze: more than a year, after which schedules repeat. */
const HORIZON_DAYS = 400;
const HORIZON = HORIZON_DAYS * DAY * 1000;

/** Maximum length of a window in a request, in seconds, and of one in the settings. */
export const MAX_ROLLOUT_FREEZE_SECONDS = 31 * DAY;
export const MAX_FREEZE_SECONDS = 366 * DAY;

/** A schedule without a year occurs after every time or never, so that any time shows whether it occurs at all. */
const ANY_TIME = new Date(0);

/** Text form of a window: cron, ISO 8601 duration and, unless UTC, the time zone. */
export const FREEZE_WINDOW_FORM = 'cron|duration|time zone, such as 0 18 * * 5|PT62H|Europe/Berlin';

/** Parses a freeze window; undefined if the text is none. */
export function parseFreezeWindow(text: string): FreezeWindow | undefined {
  const [cron, duration, timeZone = 'UTC', ...rest] = text.split('|').map((part) => part.trim());
  const seconds = durationSeconds(duration ?? '');
  if (!cron || seconds === undefined || seconds < 60 || rest.length > 0 || cron.split(/\s+/).length !== 5)
    return undefined;
  try {
    return parseNcrontab(cron, timeZone)?.next(ANY_TIME) ? { cron, seconds, timeZone } : undefined;
  } catch {
    // Croner throws for a time zone that it does not know.
    return undefined;
  }
}

/**
 * The end of the freeze at `now`; undefined if there is none. Adjacent windows count as one. A freeze that ends after
 * {@link HORIZON_DAYS} days, or joins more than {@link MAX_IN_A_ROW} windows, is cut off: it lasts at least until then.
 */
export function frozenUntil(windows: readonly FreezeWindow[], now: Date): Date | undefined {
  return freezeAt(windows, now)?.until;
}

/** Whether a freeze of these windows does not end. It is looked for from one fixed time, as schedules have no year. */
export function neverThaws(windows: readonly FreezeWindow[]): boolean {
  return freezeAt(windows, ANY_TIME)?.isCutOff ?? false;
}

function freezeAt(windows: readonly FreezeWindow[], now: Date): { until: Date; isCutOff: boolean } | undefined {
  const reaches = windows.map((window) => reachOf(window));
  const horizon = now.getTime() + HORIZON;
  let at = now.getTime();
  let joined = 0;
  for (let before = -1; before < joined;) {
    before = joined;
    for (const reach of reaches) {
      const end = reach(at);
      if (end === undefined) continue;
      joined += 1;
      at = Math.min(end, horizon);
      if (at === horizon || joined === MAX_IN_A_ROW) return { until: new Date(at), isCutOff: true };
    }
  }
  return joined === 0 ? undefined : { until: new Date(at), isCutOff: false };
}

/**
 * Gives the end of a window's latest occurrence at a time, both in milliseconds; undefined outside of the window. An
 * occurrence includes its start, not its end. Times must not go back from call to call.
 */
function reachOf({ cron, seconds, timeZone }: FreezeWindow): (at: number) => number | undefined {
  const occurrences = parseNcrontab(cron, timeZone);
  const length = Math.min(seconds * 1000, HORIZON);
  const next = (after: number) => occurrences?.next(new Date(after))?.getTime() ?? Infinity;
  let nextStart = -Infinity;
  return (at) => {
    if (at < nextStart) return undefined;
    const first = next(at - length);
    if (first > at) {
      nextStart = first;
      return undefined;
    }
    return latestStart(next, first, at) + length;
  };
}

/**
 * The latest occurrence at or before a time, in steps whose number grows with the logarithm of the time since `first`:
 * occurrences of one window may overlap by thousands.
 * @param first an occurrence at or before `at`
 */
function latestStart(next: (after: number) => number, first: number, at: number): number {
  let start = first;
  let none = at;
  for (let back = MINUTE; none - start >= MINUTE; back *= 2) {
    const found = next(Math.max(start, at - back));
    if (found <= at) {
      start = found;
      break;
    }
    none = Math.max(start, at - back);
  }
  // The latest one is `start` or lies after it, at or before `none`. Schedules with five fields have whole minutes.
  while (none - start >= MINUTE) {
    const middle = start + Math.floor((none - start) / 2);
    const found = next(middle);
    if (found <= at) start = found;
    else none = middle;
  }
  return start;
}

/** Longest of the windows, in seconds; 0 without any. */
export function longestFreezeSeconds(windows: readonly FreezeWindow[]): number {
  return Math.max(0, ...windows.map(({ seconds }) => seconds));
}

/** A time in which one or several windows apply. */
export interface Freeze {
  readonly from: Date;
  readonly until: Date;
}

/** Maximum starts of one window that are looked at. */
const MAX_STARTS = 5_000;

/**
 * The freezes from `now` on that begin before `end`, the first one as far as it is still to come. Adjacent windows
 * count as one. A freeze that lasts longer is cut off at `end`.
 */
export function freezesUntil(windows: readonly FreezeWindow[], now: Date, end: Date): Freeze[] {
  const occurrences = windows.flatMap((window) => [...occurrencesOf(window, now.getTime(), end.getTime())]);
  const freezes: { from: number; until: number }[] = [];
  for (const { from, until } of occurrences.toSorted((left, right) => left.from - right.from)) {
    const last = freezes.at(-1);
    if (last && from <= last.until) last.until = Math.max(last.until, until);
    else freezes.push({ from, until });
  }
  return freezes.map(({ from, until }) => ({ from: new Date(from), until: new Date(until) }));
}

/** Both in milliseconds. */
function* occurrencesOf({ cron, seconds, timeZone }: FreezeWindow, now: number, end: number) {
  const times = parseNcrontab(cron, timeZone);
  let start = now - seconds * 1000;
  for (let nth = 0; nth < MAX_STARTS; nth += 1) {
    const next = times?.next(new Date(start))?.getTime();
    if (next === undefined || next >= end) return;
    start = next;
    const until = Math.min(end, next + seconds * 1000);
    if (until > now) yield { from: Math.max(now, next), until };
  }
}
