import type { Tone } from '../../parts/bar.js';

/** Instants of a credential's life, as the API has them. */
export interface LifeDates {
  readonly issuedAt: string;
  readonly verifiedAt?: string;
  readonly rotationDueAt?: string;
  readonly expiresOn: string;
  /** The previous password, and when it is revoked. */
  readonly revokes?: { readonly slot: string; readonly from: string };
}

export type LifeEvent = 'issued' | 'verified' | 'rotationDue' | 'previousEnds' | 'expires' | 'now';

export interface LifePoint {
  readonly event: LifeEvent;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** From 0 to 1000, the length of the bar. */
  readonly place: number;
}

/** A part of the bar in one tone: its past is drawn otherwise than what is ahead. */
export interface LifeZone {
  readonly tone: Tone;
  readonly start: number;
  readonly end: number;
  readonly hasPassed: boolean;
}

export interface Life {
  /** By time. */
  readonly points: readonly LifePoint[];
  readonly zones: readonly LifeZone[];
}

/** The length of the bar. */
export const LIFE_LENGTH = 1000;

/** How far the bar goes on after an expiry, as a share of the lifetime: what expired years ago keeps a readable bar. */
const BEYOND = 0.25;

/**
 * Places a credential's dates on a bar from its issue to its expiry, or to a later instant that matters. Instants
 * outside of it are at its ends; those that cannot be read are left out.
 *
 * @param now milliseconds since 1970
 * @returns undefined if issue or expiry cannot be read
 */
export function lifeOf(dates: LifeDates, now: number): Life | undefined {
  const [from, expiry] = [Date.parse(dates.issuedAt), Date.parse(dates.expiresOn)];
  if (Number.isNaN(from) || Number.isNaN(expiry)) return undefined;
  const due = instantOf(dates.rotationDueAt);
  const previousEnds = instantOf(dates.revokes?.from);
  const beyond = expiry + Math.max(0, expiry - from) * BEYOND;
  const until = Math.max(expiry, from + 1, Math.min(now, beyond), Math.min(previousEnds ?? 0, beyond));
  const placeOf = (at: number): number =>
    Math.min(LIFE_LENGTH, Math.max(0, (LIFE_LENGTH * (at - from)) / (until - from)));

  const events: readonly (readonly [LifeEvent, number | undefined])[] = [
    ['issued', from],
    ['verified', instantOf(dates.verifiedAt)],
    ['rotationDue', due],
    ['previousEnds', previousEnds],
    ['expires', expiry],
    ['now', now],
  ];
  const points = events
    .flatMap(([event, at]) => (at === undefined ? [] : [{ event, at, place: placeOf(at) }]))
    .sort((one, other) => one.at - other.at);

  const edges: readonly (readonly [Tone, number])[] = [
    ['good', placeOf(Math.min(due ?? expiry, expiry))],
    ['warn', placeOf(expiry)],
    ['bad', LIFE_LENGTH],
  ];
  return { points, zones: zonesOf(edges, placeOf(now)) };
}

/**
 * @param edges each tone with the end of its zone
 * @param now where the bar divides into what has passed and what is ahead
 */
function zonesOf(edges: readonly (readonly [Tone, number])[], now: number): LifeZone[] {
  let start = 0;
  return edges.flatMap(([tone, end]) => {
    const middle = Math.min(end, Math.max(start, now));
    const zones = [
      { tone, start, end: middle, hasPassed: true },
      { tone, start: middle, end, hasPassed: false },
    ];
    start = Math.max(start, end);
    return zones.filter((zone) => zone.end > zone.start);
  });
}

function instantOf(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Points that are too near to each other for a number each: they share one. */
export interface LifeGroup {
  readonly place: number;
  /** Numbers of its points, from 1. */
  readonly numbers: readonly number[];
}

/** Room that a number needs on the bar: two digits on the narrowest screen. */
const LEAST_DISTANCE = 60;

/** The numbers beside the bar. @param points in the order of their numbers and of their places */
export function lifeGroups(points: readonly Pick<LifePoint, 'place'>[]): readonly LifeGroup[] {
  const groups: { place: number; numbers: number[] }[] = [];
  for (const [index, { place }] of points.entries()) {
    const last = groups.at(-1);
    if (last !== undefined && place - last.place < LEAST_DISTANCE) last.numbers.push(index + 1);
    else groups.push({ place, numbers: [index + 1] });
  }
  return groups;
}
