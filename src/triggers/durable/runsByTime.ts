import { eachOf } from '../../queries/eachOf.js';
import type { InstancePages, InstanceQuery } from './instancePages.js';
import type { RunStatus } from './runStatus.js';
import { pagesOf } from '../../queries/pagesOf.js';

/*
 * The engine lists instances by id, and can filter by time of creation. So a list by time reads one time span after the
 * other, newest first, and sorts each here (decision 34).
 */

/** Position in a list by time. The list continues with items before this instant, or at it with a smaller id. */
export interface ListPlace {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly id: string;
}

/** An item of a list, with its position. */
export interface ListedItem<T> extends ListPlace {
  readonly value: T;
}

/** A page of a list. `next` is present if there are, or may be, more items. */
export interface FoundPage<T> {
  readonly found: readonly ListedItem<T>[];
  readonly next?: ListPlace;
}

/** Filters of a list of runs. */
export interface RunsQuery extends Pick<InstanceQuery, 'runtimeStatuses'> {
  /** Prefixes of instance ids. Each needs its own listing. */
  readonly prefixes: readonly string[];
  /** Whether they may match many runs: then the first span is short. */
  readonly areMany: boolean;
  /** Milliseconds since 1970: older runs are left out. */
  readonly oldest: number;
}

/** Instances in one page of the engine. */
const PAGE = 250;
/**
 * Maximum pages of the engine that one request reads, the first ones of all prefixes counted as one. After that it
 * returns a continuation.
 */
const MAX_PAGES = 40;
/** Maximum instances in a span, since a span is read completely before it is sorted. A larger span is divided. */
const MAX_PER_SPAN = 1000;
/**
 * Spans in milliseconds: the first for all runs, the first for few runs, the shortest; and the factors between spans,
 * the second after a span without instances.
 */
const SPAN = { first: 3600_000, few: 40 * 86_400_000, min: 60_000, factor: 4, factorIfEmpty: 64 };
/** Maximum milliseconds between a request and the creation of its instance, unless it waited for its client. */
export const START_WITHIN = 60_000;

/**
 * A run's time in the list, in milliseconds since 1970: when it was requested or, if it waited, when its instance was
 * created. It does not change while the run has that instance.
 */
export function placeOf({ input, created }: RunStatus): number {
  const [requestedAt, createdAt] = [Date.parse(input.requestedAt), Date.parse(created)];
  return Math.abs(createdAt - requestedAt) <= START_WITHIN ? requestedAt : createdAt;
}

/** Whether an item comes after another in a list that is newest first: it is older, or has a smaller id. */
export function isBefore(left: ListPlace, right: ListPlace): boolean {
  return left.at < right.at || (left.at === right.at && left.id < right.id);
}

/** Compares by time, newest first. */
export function byTime(left: ListPlace, right: ListPlace): number {
  return isBefore(left, right) ? 1 : -1;
}

/**
 * Lists the newest runs before a position.
 * @param from the position; undefined to begin with the newest
 * @param now milliseconds since 1970
 * @param top maximum runs to return
 * @param show the item of a run; undefined to leave the run out
 * @returns the page, with `next` if there are, or may be, more
 */
export async function newestRuns<T>(
  pages: InstancePages,
  query: RunsQuery,
  { from, now, top }: { readonly from: ListPlace | undefined; readonly now: number; readonly top: number },
  show: (run: RunStatus) => Promise<{ readonly id: string; readonly value: T } | undefined>,
): Promise<FoundPage<T>> {
  const found: ListedItem<T>[] = [];
  let until = from ?? { at: now + START_WITHIN, id: '' };
  let span = query.areMany ? SPAN.first : SPAN.few;
  let hasTriedRest = false;
  /** How to go on if all that is older is too much for one span. */
  let spanIfTooMuch: number | undefined;
  let read = 0;
  for (;;) {
    const start = Math.max(until.at - span, query.oldest);
    const { runs, pagesRead, isComplete } = await runsIn(pages, query, start, until.at, span > SPAN.min);
    read += pagesRead;
    if (!isComplete) {
      span = Math.max(SPAN.min, spanIfTooMuch ?? span / SPAN.factor);
      spanIfTooMuch = undefined;
      continue;
    }
    const inside: ListedItem<T>[] = [];
    for (const run of runs) {
      const at = placeOf(run);
      if (at < start || at > until.at) continue;
      const shown = await show(run);
      if (shown && isBefore({ at, id: shown.id }, until)) inside.push({ at, ...shown });
    }
    found.push(...oncePerId(inside).toSorted(byTime));
    // One item more than requested shows that more follow.
    if (found.length > top) return { found: found.slice(0, top), ...nextAfter(found[top - 1]) };
    if (start <= query.oldest) return { found };
    until = { at: start, id: '' };
    if (read >= MAX_PAGES) return { found, next: until };
    span *= runs.length === 0 ? SPAN.factorIfEmpty : SPAN.factor;
    // Each span needs a request for each prefix, and the engine keeps few instances for longer: all that is older is
    // tried, once.
    const rest = start - query.oldest;
    if (span > SPAN.few && span < rest && !hasTriedRest) {
      hasTriedRest = true;
      spanIfTooMuch = span;
      span = rest;
    }
  }
}

/**
 * Merges earlier runs, which have no instance any more, into a page by time.
 * @param isGone whether an earlier run has no instance. If it has one, it is in the list already, perhaps on another
 * page.
 */
export async function withEarlier<T>(
  { found, next }: FoundPage<T>,
  earlier: readonly ListedItem<T>[],
  { from, top }: { readonly from: ListPlace | undefined; readonly top: number },
  isGone: (place: ListPlace) => Promise<boolean>,
): Promise<FoundPage<T>> {
  const known = new Set(found.map(({ id }) => id));
  const between = earlier.filter(
    (item) => !known.has(item.id) && (from === undefined || isBefore(item, from)) && (!next || !isBefore(item, next)),
  );
  const merged: ListedItem<T>[] = [];
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

/** A run that has just started appears twice: with its own instance, and with the one that waited for it. */
function oncePerId<T extends ListPlace>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

/**
 * Reads the runs created in a span and {@link START_WITHIN} around it. Incomplete if they are too many and the span can
 * be shorter.
 */
async function runsIn(
  pages: InstancePages,
  { prefixes, oldest, runtimeStatuses }: RunsQuery,
  start: number,
  end: number,
  canBeShorter: boolean,
): Promise<{ readonly runs: readonly RunStatus[]; readonly pagesRead: number; readonly isComplete: boolean }> {
  const runs: RunStatus[] = [];
  let further = 0;
  const isTooMuch = () => canBeShorter && runs.length > MAX_PER_SPAN;
  await eachOf(prefixes, async (prefix) => {
    const query = {
      prefix,
      top: PAGE,
      ...(runtimeStatuses ? { runtimeStatuses } : {}),
      ...(start <= oldest && oldest <= 0 ? {} : { createdFrom: instant(start - START_WITHIN) }),
      createdTo: instant(end + START_WITHIN),
    };
    if (isTooMuch()) return;
    let isFirst = true;
    for await (const page of pagesOf((continuation) => pages({ ...query, continuation }))) {
      if (!isFirst) further += 1;
      isFirst = false;
      runs.push(...page.runs);
      if (isTooMuch()) return;
    }
  });
  const pagesRead = further + 1;
  return isTooMuch() ? { runs: [], pagesRead, isComplete: false } : { runs, pagesRead, isComplete: true };
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
