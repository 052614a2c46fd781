import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AFTER_HINT, lookPause, LONGEST_PAUSE } from '../../../../src/triggers/news/lookPause.js';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const since = fc.option(fc.integer({ min: -3_600_000, max: 3_600_000 }), { nil: undefined });
const at = (ago: number | undefined) => (ago === undefined ? undefined : NOW - ago);

test.each([
  ['nothing was ever heard', undefined, undefined, 8_000],
  ['the run changed long ago', undefined, 60_000, 8_000],
  ['the run changed just now', undefined, 10, 1_000],
  ['the run changed some seconds ago', undefined, 3_000, 3_000],
  ['a hint just came', 0, 60_000, AFTER_HINT],
  ['a hint came a while ago', 1_600, undefined, 1_600],
  ['the instances differ in their clocks', undefined, -5_000, 1_000],
  ['the clock was set back after a hint', -3_600_000, 60_000, 8_000],
])('is as long as it has been quiet: %s', (_, hinted, changed, pause) => {
  expect(lookPause({ hintedAt: at(hinted), changedAt: at(changed) }, NOW, 0)).toBe(pause);
});

test('is never longer than the maximum, nor so short that looks follow each other without one', () => {
  fc.assert(
    fc.property(since, since, fc.double({ min: 0, max: 0.999, noNaN: true }), (hinted, changed, chance) => {
      const pause = lookPause({ hintedAt: at(hinted), changedAt: at(changed) }, NOW, chance);
      expect(pause).toBeGreaterThanOrEqual(0.8 * AFTER_HINT);
      expect(pause).toBeLessThanOrEqual(LONGEST_PAUSE);
    }),
  );
});

test('doubles while nothing happens after a hint, up to the maximum', () => {
  const pauses: number[] = [];
  for (let now = NOW + AFTER_HINT; pauses.length < 9; now += pauses.at(-1) ?? 0)
    pauses.push(lookPause({ hintedAt: NOW }, now, 0));
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 8_000, 8_000]);
});

test('differs by chance, so that polls that began together part', () => {
  expect(lookPause({}, NOW, 0.5)).toBeLessThan(lookPause({}, NOW, 0.1));
});
