/**
 * Keeps when a timer last fired and when it is due, in a file per timer, to detect occurrences that were missed while
 * the host was down.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { isJsonObject } from '../config/jsonWithComments.js';

/** Times of a timer; undefined is .NET's first day of year 1, "never". */
export interface ScheduleStatus {
  readonly last: Date | undefined;
  readonly next: Date | undefined;
  readonly lastUpdated: Date | undefined;
}

export interface ScheduleStore {
  /** The status; undefined if none is kept yet or it is unreadable. */
  get(timer: string): Promise<ScheduleStatus | undefined>;
  set(timer: string, status: ScheduleStatus): Promise<void>;
}

const never = '0001-01-01T00:00:00+00:00';

/**
 * A time as Newtonsoft.Json writes a local DateTime: no trailing zeros in the fraction, and the offset of the machine's
 * zone.
 */
function dotNetTime(time: Date | undefined): string {
  if (time === undefined) return never;
  const offset = -time.getTimezoneOffset();
  const local = new Date(time.getTime() + offset * 60_000).toISOString();
  const fraction = local.slice(20, 23).replace(/0+$/, '');
  const two = (value: number): string => String(value).padStart(2, '0');
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${local.slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}${zone}`;
}

function timeOf(text: unknown): Date | undefined {
  if (typeof text !== 'string' || text.startsWith('0001-01-01')) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** The status in the form that a function gets and that is stored. */
export function statusJson(status: ScheduleStatus): { Last: string; Next: string; LastUpdated: string } {
  return { Last: dotNetTime(status.last), Next: dotNetTime(status.next), LastUpdated: dotNetTime(status.lastUpdated) };
}

/** Statuses in `DATA/timers/NAME.json`. */
export function fileScheduleStore(dataDir: string): ScheduleStore {
  const folder = path.join(dataDir, 'timers');
  const fileOf = (timer: string): string => path.join(folder, `${timer}.json`);
  return {
    async get(timer) {
      try {
        const value: unknown = JSON.parse(await readFile(fileOf(timer), 'utf8'));
        if (!isJsonObject(value)) return undefined;
        return { last: timeOf(value['Last']), next: timeOf(value['Next']), lastUpdated: timeOf(value['LastUpdated']) };
      } catch {
        return undefined;
      }
    },
    async set(timer, status) {
      await mkdir(folder, { recursive: true });
      const half = `${fileOf(timer)}.${process.pid}.tmp`;
      await writeFile(half, JSON.stringify(statusJson(status)));
      await rename(half, fileOf(timer));
    },
  };
}
