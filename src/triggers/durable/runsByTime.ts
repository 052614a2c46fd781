import type { InstancePages, InstanceQuery } from './instancePages.js';
import type { RunStatus } from './runStatus.js';

/*
 * The engine lists its instances by id, and finds those that were made in some span of time. A list by time is asked for
 * span after span, the newest first, each sorted here (decision 34).
 */

/** Where a list goes on: what comes before this instant, or at it with a smaller id. */
export interface ListPlace {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly id: string;
}

export interface Placed<T> extends ListPlace {
  readonly value: T;
}

/** A page of a list; `next` when there are more, or may be. */
export interface FoundPage<T> {
  readonly found: readonly Placed<T>[];
  readonly next?: ListPlace;
}

export interface RunsQuery extends Pick<InstanceQuery, 'runtimeStatuses'> {
  /** What ids of instances begin with; each is asked for by itself. */
  readonly prefixes: readonly string[];
  /** Milliseconds since 1970: nothing older is looked for. */
  readonly oldest: number;
}

/** Instances in one page of the engine's. */
const PAGE = 250;
/** Pages of the engine that one request goes through before it says how far it has come. */
const MAX_PAGES = 40;
/** A span that holds more instances is looked at in parts: they are all read before the newest is known. */
const MAX_IN_A_SPAN = 1000;
/** In milliseconds: the first span of all runs, that of a few, the shortest, and how much longer or shorter the next is. */
const SPAN = { first: 3600_000, few: 40 * 86_400_000, min: 60_000, factor: 4 };
/** Milliseconds between a request and the instance that it makes; more when it had to wait for its client. */
export const START_WITHIN = 60_000;

/**
 * A run's place by time: when it was asked for; of one that had to wait, when its instance was made. It stays the same as
 * long as the run has that instance.
 */
export function placeOf({ input, created }: RunStatus): number {
  const [asked, made] = [Date.parse(input.requestedAt), Date.parse(created)];
  return Math.abs(made - asked) <= START_WITHIN ? asked : made;
}

export function isBefore(left: ListPlace, right: ListPlace): boolean {
  return left.at < right.at || (left.at === right.at && left.id < right.id);
}

/** Newest first. */
export function byTime(left: ListPlace, right: ListPlace): number {
  return isBefore(left, right) ? 1 : -1;
}

/**
 * The newest runs before a place, as far as `show` has something to show of them.
 * @param now milliseconds since 1970. @param top so many at the most.
 * @returns `next` when there are more, or may be.
 */
export async function newestRuns<T>(
  pages: InstancePages,
  query: RunsQuery,
  { from, now, top }: { readonly from: ListPlace | undefined; readonly now: number; readonly top: number },
  show: (run: RunStatus) => Promise<{ readonly id: string; readonly value: T } | undefined>,
): Promise<FoundPage<T>> {
  const found: Placed<T>[] = [];
  let until = from ?? { at: now + START_WITHIN, id: '' };
  let span = query.prefixes.includes('') ? SPAN.first : SPAN.few;
  let read = 0;
  for (;;) {
    const start = Math.max(until.at - span, query.oldest);
    const { runs, pagesRead, isComplete } = await runsIn(pages, query, start, until.at, span > SPAN.min);
    read += pagesRead;
    if (!isComplete) {
      span = Math.max(SPAN.min, span / SPAN.factor);
      continue;
    }
    const inside: Placed<T>[] = [];
    for (const run of runs) {
      const at = placeOf(run);
      if (at < start || at > until.at) continue;
      const shown = await show(run);
      if (shown && isBefore({ at, id: shown.id }, until)) inside.push({ at, ...shown });
    }
    found.push(...oncePerId(inside).toSorted(byTime));
    // One more than is asked for tells whether anything follows.
    if (found.length > top) return { found: found.slice(0, top), ...nextAfter(found[top - 1]) };
    if (start <= query.oldest) return { found };
    until = { at: start, id: '' };
    if (read >= MAX_PAGES) return { found, next: until };
    span *= SPAN.factor;
  }
}

/**
 * The same page with what has no instance any more, each in its place by time.
 * @param isGone whether an earlier run shows by no instance: else it is in the list already, perhaps on another page.
 */
export async function withEarlier<T>(
  { found, next }: FoundPage<T>,
  earlier: readonly Placed<T>[],
  { from, top }: { readonly from: ListPlace | undefined; readonly top: number },
  isGone: (place: ListPlace) => Promise<boolean>,
): Promise<FoundPage<T>> {
  const known = new Set(found.map(({ id }) => id));
  const between = earlier.filter(
    (item) => !known.has(item.id) && (from === undefined || isBefore(item, from)) && (!next || !isBefore(item, next)),
  );
  const merged: Placed<T>[] = [];
  for (const item of [...found, ...between].toSorted(byTime)) {
    if (!known.has(item.id) && !(await isGone(item))) continue;
    merged.push(item);
    if (merged.length > top) return { found: merged.slice(0, top), ...nextAfter(merged[top - 1]) };
  }
  return { found: merged, ...(next ? { next } : {}) };
}

function nextAfter(last: ListPlace | undefined): { readonly next?: ListPlace } {
  return last ? { next: { at: last.at, id: last.id } } : {};
}

/** A run that has just begun is seen with the instance that waited for it. */
function oncePerId<T extends ListPlace>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

/** Whatever was made in a span, and a little around it. Incomplete when that is too much and a shorter span would do. */
async function runsIn(
  pages: InstancePages,
  { prefixes, oldest, runtimeStatuses }: RunsQuery,
  start: number,
  end: number,
  mayBeShorter: boolean,
): Promise<{ readonly runs: readonly RunStatus[]; readonly pagesRead: number; readonly isComplete: boolean }> {
  const runs: RunStatus[] = [];
  let pagesRead = 0;
  for (const prefix of prefixes) {
    let continuation: string | undefined;
    do {
      const page = await pages({
        prefix,
        top: PAGE,
        ...(runtimeStatuses ? { runtimeStatuses } : {}),
        ...(start <= oldest && oldest <= 0 ? {} : { createdFrom: instant(start - START_WITHIN) }),
        createdTo: instant(end + START_WITHIN),
        ...(continuation === undefined ? {} : { continuation }),
      });
      pagesRead += 1;
      runs.push(...page.runs);
      ({ continuation } = page);
      if (mayBeShorter && runs.length > MAX_IN_A_SPAN) return { runs: [], pagesRead, isComplete: false };
    } while (continuation !== undefined);
  }
  return { runs, pagesRead, isComplete: true };
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
