import { isYounger } from '../domain/times/isYounger.js';
import { inTime } from './inTime.js';

/** A value that was read a while ago. */
export interface Held<Value> {
  readonly value: Value;
  /** When its reading began. */
  readonly readAt: Date;
  /** Set if later readings failed. */
  readonly failed?: Failure;
}

interface Failure {
  /** When the first of the readings that failed in a row began. */
  readonly since: Date;
  readonly error: unknown;
}

/** Thrown while the first reading lasts longer than a caller waits. */
export class NotReadYet extends Error {
  override readonly name = 'NotReadYet';
}

/**
 * Maximum milliseconds from a reading that failed to the next one: a fault that is over by then is not shown for an
 * hour.
 */
const RETRY_WITHIN = 60_000;

/** How often a value is read, in milliseconds. */
export interface SnapshotTimes {
  /** From the end of a reading until a caller may begin the next one. After one that failed, it is a minute at most. */
  readonly freshFor: number;
  /** A caller waits for the next reading rather than take a value of this age at once. */
  readonly usableFor: number;
  /** Maximum wait of a caller. */
  readonly patience: number;
}

/**
 * A value that all callers share. It is read at most once at a time and once in `freshFor`, and only if somebody asks.
 * Callers get the value that there is while the next one is read; if that reading fails, they keep it, with the
 * failure.
 *
 * @typeParam Source what a reading needs of the caller that begins it
 */
export type Snapshot<Value, Source> = (source: Source) => Promise<Held<Value>>;

/**
 * Creates a snapshot, which holds nothing yet.
 *
 * @param read reads the value; `before` is the last one
 * @returns a function that throws {@link NotReadYet}, or what the reading threw while there is no value
 */
export function createSnapshot<Value, Source>(
  read: (source: Source, before: Value | undefined) => Promise<Value>,
  { freshFor, usableFor, patience }: SnapshotTimes,
): Snapshot<Value, Source> {
  let held: Omit<Held<Value>, 'failed'> | undefined;
  let failed: Failure | undefined;
  let reading: Promise<'ended'> | undefined;
  let endedAt: number | undefined;

  /** Never throws. */
  async function readNext(source: Source): Promise<'ended'> {
    const readAt = new Date();
    try {
      held = { value: await read(source, held?.value), readAt };
      failed = undefined;
    } catch (error) {
      failed = { since: failed?.since ?? readAt, error };
    }
    endedAt = Date.now();
    reading = undefined;
    return 'ended';
  }

  return async (source) => {
    const restsFor = failed === undefined ? freshFor : Math.min(freshFor, RETRY_WITHIN);
    if (reading === undefined && !isYounger(endedAt, restsFor, Date.now())) reading = readNext(source);
    const isUsable = held !== undefined && isYounger(held.readAt.getTime(), usableFor, Date.now());
    if (!isUsable && reading !== undefined) await inTime(reading, patience, 'late');
    if (held !== undefined) return failed === undefined ? held : { ...held, failed };
    if (failed !== undefined) throw failed.error;
    throw new NotReadYet();
  };
}
