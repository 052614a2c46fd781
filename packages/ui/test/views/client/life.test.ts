import { describe, expect, test } from 'vitest';
import { LIFE_LENGTH, lifeGroups, lifeOf, type LifeDates } from '../../../src/views/client/life.js';

const DAY = 86_400_000;
const ISSUED = Date.parse('2026-03-01T12:00:00Z');
const at = (days: number) => new Date(ISSUED + days * DAY).toISOString();

/** A hundred days, so that a day is ten units of the bar. */
const DATES: LifeDates = { issuedAt: at(0), verifiedAt: at(1), rotationDueAt: at(60), expiresOn: at(100) };

const placesOf = (dates: LifeDates, day: number) =>
  Object.fromEntries((lifeOf(dates, ISSUED + day * DAY)?.points ?? []).map(({ event, place }) => [event, place]));

describe('the life of a credential', () => {
  test('has its events in proportion to their times', () => {
    expect(placesOf(DATES, 30)).toEqual({ issued: 0, verified: 10, now: 300, rotationDue: 600, expires: 1000 });
  });

  test('has its events in the order of time', () => {
    const dates = { ...DATES, revokes: { slot: 'password2', from: at(3) } };
    const events = lifeOf(dates, ISSUED + 70 * DAY)?.points.map(({ event }) => event);
    expect(events).toEqual(['issued', 'verified', 'previousEnds', 'rotationDue', 'now', 'expires']);
  });

  test('is good until a rotation is due, and a warning from then on, divided by now', () => {
    expect(lifeOf(DATES, ISSUED + 70 * DAY)?.zones).toEqual([
      { tone: 'good', start: 0, end: 600, hasPassed: true },
      { tone: 'warn', start: 600, end: 700, hasPassed: true },
      { tone: 'warn', start: 700, end: 1000, hasPassed: false },
    ]);
  });

  test('goes on to now after the expiry', () => {
    expect(placesOf(DATES, 125)).toMatchObject({ rotationDue: 480, expires: 800, now: 1000 });
    expect(lifeOf(DATES, ISSUED + 125 * DAY)?.zones.at(-1)).toEqual({
      tone: 'bad',
      start: 800,
      end: 1000,
      hasPassed: true,
    });
  });

  test('stays readable years after the expiry', () => {
    expect(placesOf(DATES, 5000)).toMatchObject({ rotationDue: 480, expires: 800, now: 1000 });
  });

  test('goes on to the end of the previous password, if that is later than the expiry', () => {
    expect(placesOf({ ...DATES, revokes: { slot: 'password1', from: at(110) } }, 10)).toMatchObject({
      previousEnds: 1000,
      expires: (1000 * 100) / 110,
    });
  });

  test('keeps every place on the bar, whatever the clock of the browser says', () => {
    for (const day of [-4000, -1, 0, 100, 4000]) {
      const life = lifeOf(DATES, ISSUED + day * DAY);
      for (const { place } of life?.points ?? []) expect(place >= 0 && place <= LIFE_LENGTH).toBe(true);
      const zones = life?.zones ?? [];
      expect(zones[0]?.start).toBe(0);
      expect(zones.at(-1)?.end).toBe(LIFE_LENGTH);
      for (const [index, { start, end }] of zones.entries()) {
        expect(end).toBeGreaterThan(start);
        expect(start).toBe(zones[index - 1]?.end ?? 0);
      }
    }
  });

  test('bears an expiry before the issue, and a due time outside of both', () => {
    const dates = { ...DATES, expiresOn: at(-1), rotationDueAt: at(400) };
    for (const { place } of lifeOf(dates, ISSUED)?.points ?? []) expect(Number.isFinite(place)).toBe(true);
    expect(placesOf({ ...DATES, rotationDueAt: at(400) }, 10)).toMatchObject({ rotationDue: 1000, expires: 1000 });
  });

  test('leaves out what cannot be read, and is unknown without issue or expiry', () => {
    expect(placesOf({ ...DATES, verifiedAt: 'yesterday', rotationDueAt: '' }, 0)).toEqual({
      issued: 0,
      now: 0,
      expires: 1000,
    });
    expect(lifeOf({ ...DATES, expiresOn: 'never' }, ISSUED)).toBeUndefined();
    expect(lifeOf({ ...DATES, issuedAt: '' }, ISSUED)).toBeUndefined();
  });
});

describe('numbers beside the bar', () => {
  test('are joined where they would overlap', () => {
    const points = [0, 10, 300, 350, 1000].map((place) => ({ place }));
    expect(lifeGroups(points)).toEqual([
      { place: 0, numbers: [1, 2] },
      { place: 300, numbers: [3, 4] },
      { place: 1000, numbers: [5] },
    ]);
  });
});
