import type { InventoryRow, Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import { DAY } from '../../format/times.js';
import type { CalendarDay } from './days.js';

/** How far ahead the app says which freezes there are, in days (`overview.freezes`). */
const FREEZE_DAYS = 35;

/** A time in which no rotation begins, in milliseconds since 1970. */
export interface Freeze {
  readonly from: number;
  readonly until: number;
}

/** The time of which all freezes are known, in milliseconds since 1970. */
export interface KnownTime {
  readonly from: number;
  readonly until: number;
}

/** A client's next rotation. */
export interface Rotation {
  readonly row: InventoryRow;
  readonly due: number;
  /**
   * When it begins at the earliest: its due time, or the end of the freeze that is then; of one that is overdue, of the
   * freeze now.
   */
  readonly begins: number;
}

export interface PlannedDay extends CalendarDay {
  /** Rotations that begin on this day, the first at first. */
  readonly rotations: readonly Rotation[];
  /** How many of them a freeze has put off. */
  readonly deferred: number;
  /** Freezes of this day, cut at its ends. */
  readonly freezes: readonly Freeze[];
}

export interface Plan {
  readonly days: readonly PlannedDay[];
  /** Due before now, the longest due first. */
  readonly overdue: readonly Rotation[];
  /** Rotations after the last of the days. */
  readonly later: number;
  /** Clients whose due time cannot be read. */
  readonly unknown: number;
  /** Freezes of the days, by time. */
  readonly freezes: readonly Freeze[];
  /** From now on. */
  readonly known: KnownTime;
  /** The end of the freeze at this moment. */
  readonly frozenUntil?: number;
}

/** Whether something rotates on a day, or is frozen. */
export function hasSomething({ rotations, freezes }: Pick<PlannedDay, 'rotations' | 'freezes'>): boolean {
  return rotations.length > 0 || freezes.length > 0;
}

/** What rotates on which day. @param days consecutive, from the one with `now` on @param now milliseconds since 1970 */
export function planOf(
  rows: readonly InventoryRow[],
  { asOf, freezes }: Pick<Overview, 'asOf' | 'freezes'>,
  days: readonly CalendarDay[],
  now: number,
): Plan {
  const frozen = readFreezes(freezes);
  // The sweep leaves a revoked client alone.
  const rotating = rows.filter(({ state }) => state !== 'revoked');
  const readable = rotating.flatMap((row) => {
    const due = Date.parse(row.rotationDueAt);
    return Number.isNaN(due) ? [] : [{ row, due, begins: freezeAt(frozen, due)?.until ?? due }];
  });
  readable.sort((one, other) => one.begins - other.begins || one.due - other.due);
  const ahead = readable.filter(({ due }) => due >= now);
  const present = freezeAt(frozen, now)?.until;
  const overdue = readable
    .filter(({ due }) => due < now)
    .map(({ row, due }) => ({ row, due, begins: present ?? due }))
    .sort((one, other) => one.due - other.due);
  const end = days.at(-1)?.until ?? now;

  let next = 0;
  const planned = days.map((day) => {
    const first = next;
    while ((ahead[next]?.begins ?? Infinity) < day.until) next++;
    const rotations = ahead.slice(first, next);
    return {
      ...day,
      rotations,
      deferred: rotations.filter(({ due, begins }) => begins > due).length,
      freezes: within(frozen, day.from, day.until),
    };
  });
  return {
    days: planned,
    overdue,
    later: ahead.length - next,
    unknown: rotating.length - readable.length,
    freezes: within(frozen, days[0]?.from ?? now, end),
    known: { from: now, until: Date.parse(asOf) + FREEZE_DAYS * DAY },
    ...(present === undefined ? {} : { frozenUntil: present }),
  };
}

/** Freezes by time; those that cannot be read, or end before they begin, are left out. */
function readFreezes(freezes: Overview['freezes']): Freeze[] {
  return freezes
    .map(({ from, until }) => ({ from: Date.parse(from), until: Date.parse(until) }))
    .filter(({ from, until }) => until > from)
    .sort((one, other) => one.from - other.from);
}

/** The freeze at an instant; its beginning belongs to it, its end does not. */
function freezeAt(freezes: readonly Freeze[], at: number): Freeze | undefined {
  return freezes.find(({ from, until }) => from <= at && at < until);
}

function within(freezes: readonly Freeze[], from: number, until: number): Freeze[] {
  return freezes
    .map((freeze) => ({ from: Math.max(freeze.from, from), until: Math.min(freeze.until, until) }))
    .filter((freeze) => freeze.until > freeze.from);
}
