import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segments } from '../../src/parts/bar.js';
import { rowWindow } from '../../src/parts/rowWindow.js';

describe('the rows in view', () => {
  test.each([
    ['the first', [0, 400, 40, 10_000], 0, 28],
    ['some in the middle', [4000, 400, 40, 10_000], 84, 124],
    ['the last', [399_600, 400, 40, 10_000], 9978, 10_000],
    ['all of a few', [0, 400, 40, 3], 0, 3],
    ['none', [0, 400, 40, 0], 0, 0],
    ['beyond the start, as when a phone bounces', [-100, 400, 40, 10_000], 0, 28],
    ['beyond the end of a list that has become shorter', [399_600, 400, 40, 100], 76, 100],
  ] as const)('are %s', (_, [top, height, rowHeight, count], first, end) => {
    expect(rowWindow(top, height, rowHeight, count)).toEqual({ first, end });
  });

  test('are few, in the list, and cover what is seen', () => {
    const lists = fc.record({
      top: fc.double({ min: 0, max: 500_000, noNaN: true }),
      height: fc.integer({ min: 1, max: 3000 }),
      rowHeight: fc.constantFrom(38, 56),
      count: fc.integer({ min: 0, max: 10_000 }),
    });
    fc.assert(
      fc.property(lists, ({ top, height, rowHeight, count }) => {
        const { first, end } = rowWindow(top, height, rowHeight, count);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(count);
        expect(end - first).toBeLessThanOrEqual(height / rowHeight + 31);
        if (top + height > count * rowHeight) return;
        expect(first * rowHeight).toBeLessThanOrEqual(top);
        expect(end * rowHeight).toBeGreaterThanOrEqual(top + height);
      }),
    );
  });
});

describe('the parts of a bar', () => {
  test('are in their order, and leave what is left empty', () => {
    expect(
      segments(
        [
          { size: 50, tone: 'good' },
          { size: 0, tone: 'bad' },
          { size: 25, tone: 'busy' },
        ],
        100,
      ),
    ).toEqual([
      { tone: 'good', start: 0, width: 500 },
      { tone: 'busy', start: 500, width: 250 },
    ]);
  });

  test('are visible, however small', () => {
    const [part] = segments([{ size: 1, tone: 'bad' }], 1_000_000);
    expect(part?.width).toBe(8);
  });

  test('of nothing are none', () => {
    expect(segments([{ size: 5, tone: 'good' }], 0)).toEqual([]);
  });

  test('stay inside of the bar', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 3000 }), (given, whole) => {
        let end = 0;
        for (const { start, width } of segments(
          given.map((size) => ({ size, tone: 'good' })),
          whole,
        )) {
          expect(start).toBe(end);
          end = start + width;
        }
        expect(end).toBeLessThanOrEqual(1000);
      }),
    );
  });
});
