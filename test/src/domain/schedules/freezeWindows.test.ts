import { describe, expect, test } from 'vitest';
import { durationSeconds } from '@connected-registry/protocol/registry/durations';
import {
  frozenUntil,
  neverThaws,
  parseFreezeWindow,
  type FreezeWindow,
} from '../../../../src/domain/schedules/freezeWindows.js';

const window = (text: string): FreezeWindow => {
  const found = parseFreezeWindow(text);
  if (!found) throw new Error(`${text} is no window`);
  return found;
};
const until = (windows: readonly string[], now: string) =>
  frozenUntil(windows.map(window), new Date(now))?.toISOString();

describe('a freeze window', () => {
  test('includes its start, not its end', () => {
    const nightly = ['0 22 * * *|PT8H'];
    expect(until(nightly, '2026-03-01T21:59:59Z')).toBeUndefined();
    expect(until(nightly, '2026-03-01T22:00:00Z')).toBe('2026-03-02T06:00:00.000Z');
    expect(until(nightly, '2026-03-02T05:59:59Z')).toBe('2026-03-02T06:00:00.000Z');
    expect(until(nightly, '2026-03-02T06:00:00Z')).toBeUndefined();
  });

  test("follows its time zone through the year's two changes", () => {
    const weekend = ['0 18 * * 5|PT62H|Europe/Berlin'];
    expect(until(weekend, '2026-01-09T17:00:00Z')).toBe('2026-01-12T07:00:00.000Z');
    expect(until(weekend, '2026-07-10T16:00:00Z')).toBe('2026-07-13T06:00:00.000Z');
    expect(until(weekend, '2026-07-10T15:59:59Z')).toBeUndefined();
  });

  test('begins on days that match both day fields, as all schedules of the app', () => {
    // The first Sunday of a month.
    const firstSunday = ['0 0 1-7 * 0|P1D'];
    expect(until(firstSunday, '2026-03-01T12:00:00Z')).toBe('2026-03-02T00:00:00.000Z');
    expect(until(firstSunday, '2026-03-08T12:00:00Z')).toBeUndefined();
    expect(until(firstSunday, '2026-03-03T12:00:00Z')).toBeUndefined();
  });

  test('is joined with an adjacent or overlapping window', () => {
    const days = ['0 0 24 12 *|P3D', '0 0 27 12 *|P5D', '0 12 26 12 *|PT24H'];
    expect(until(days, '2026-12-24T00:00:00Z')).toBe('2027-01-01T00:00:00.000Z');
  });

  test('that never ends is cut off after a number of rounds', () => {
    expect(until(['0 0 * * *|PT24H'], '2026-03-01T12:00:00Z')).toBeDefined();
  });

  test('is found in its latest occurrence, of many that overlap', () => {
    expect(until(['*/10 3-5 * * *|P2D'], '2026-03-03T05:20:30Z')).toBeDefined();
    expect(until(['0 3,4 7,9 3 *|P9D'], '2026-03-10T05:20:30Z')).toBe('2026-03-18T04:00:00.000Z');
    expect(until(['17 * * 3 *|P2D'], '2026-03-31T23:30:00Z')).toBe('2026-04-02T23:17:00.000Z');
  });

  test('that is longer than dates reach ends at the horizon', () => {
    expect(until(['0 0 1 1 *|P3000000D'], '2026-03-01T00:00:00Z')).toBe('2027-04-05T00:00:00.000Z');
  });

  test.each<[string[], boolean]>([
    [['0 0 * * *|PT24H'], true],
    [['0 0 * * *|PT12H|Europe/Berlin', '0 12 * * *|PT13H|Europe/Berlin'], true],
    [['* * * * *|PT1M'], true],
    [['0 0 * * *|PT23H'], false],
    [['* 0-22 * * *|PT1M'], false],
    [['0 0 1 1 *|P31D'], false],
    [[], false],
  ])('thaws, or never: %j', (texts, expected) => {
    expect(neverThaws(texts.map(window))).toBe(expected);
  });

  test.each([
    '0 22 * *|PT8H',
    '0 22 * * *',
    '0 22 * * *|8h',
    '0 22 * * *|PT8H|Mars/Olympus',
    '0 22 * * 7|PT8H',
    '0 22 ? * 5|PT8H',
    '0 22 L * *|PT8H',
    '0 22 30 2 *|PT8H',
    '0 22 * * *|PT8H|UTC|x',
    '99 * * * *|PT8H',
    '0 22 * * *|PT30S',
    '',
  ])('is not parsed: %s', (text) => {
    expect(parseFreezeWindow(text)).toBeUndefined();
  });
});

describe('an ISO 8601 duration', () => {
  test.each([
    ['PT3H', 10_800],
    ['P1DT12H', 129_600],
    ['PT1M30S', 90],
    ['P2D', 172_800],
  ])('is parsed: %s', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });

  test.each(['P', 'PT', 'P1M', 'P1Y', '3H', 'P1DT', '-PT1H', 'PT1.5H'])('is not parsed: %s', (text) => {
    expect(durationSeconds(text)).toBeUndefined();
  });
});
