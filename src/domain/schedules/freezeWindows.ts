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

/** Maximum adjacent windows that are joined to one freeze; bounds the loop. */
const MAX_IN_A_ROW = 400;

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

/** The end of the freeze at `now`; undefined if there is none. Adjacent windows count as one. */
export function frozenUntil(windows: readonly FreezeWindow[], now: Date): Date | undefined {
  let until: Date | undefined;
  for (let rounds = 0; rounds < MAX_IN_A_ROW; rounds += 1) {
    const at = until ?? now;
    const ends = windows.flatMap((window) => endOf(window, at) ?? []);
    const latest = Math.max(...ends);
    if (ends.length === 0 || latest <= at.getTime()) break;
    until = new Date(latest);
  }
  return until;
}

/** End of the window's occurrence at `at`, in milliseconds. An occurrence includes its start, not its end. */
function endOf({ cron, seconds, timeZone }: FreezeWindow, at: Date): number | undefined {
  const occurrences = parseNcrontab(cron, timeZone);
  const length = seconds * 1000;
  let started: Date | undefined;
  let next = occurrences?.next(new Date(at.getTime() - length));
  while (next && next <= at) {
    started = next;
    next = occurrences?.next(started);
  }
  return started && started.getTime() + length;
}

/** Longest of the windows, in seconds; 0 without any. */
export function longestFreezeSeconds(windows: readonly FreezeWindow[]): number {
  return Math.max(0, ...windows.map(({ seconds }) => seconds));
}
