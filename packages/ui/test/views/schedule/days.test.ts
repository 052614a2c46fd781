import { describe, expect, test } from 'vitest';
import { daysFrom } from '../../../src/views/schedule/days.js';

const HOUR = 3_600_000;
const lengths = (zone: string, now: string, count: number) =>
  daysFrom(Date.parse(now), count, zone).map(({ date, from, until }) => [date, (until - from) / HOUR]);

describe('days of a calendar', () => {
  test('begin at midnight of their zone', () => {
    const [first] = daysFrom(Date.parse('2026-03-01T23:30:00Z'), 1, 'Europe/Berlin');
    expect(first).toEqual({
      date: '2026-03-02',
      from: Date.parse('2026-03-01T23:00:00Z'),
      until: Date.parse('2026-03-02T23:00:00Z'),
    });
  });

  test('have 23 hours when summer time begins, and 25 when it ends', () => {
    expect(lengths('Europe/Berlin', '2026-03-28T12:00:00Z', 3)).toEqual([
      ['2026-03-28', 24],
      ['2026-03-29', 23],
      ['2026-03-30', 24],
    ]);
    expect(lengths('Europe/Berlin', '2026-10-24T12:00:00Z', 3)).toEqual([
      ['2026-10-24', 24],
      ['2026-10-25', 25],
      ['2026-10-26', 24],
    ]);
  });

  test('begin at one where there is no midnight', () => {
    // Lebanon's clocks go forward at midnight.
    const [day] = daysFrom(Date.parse('2026-03-29T12:00:00Z'), 1, 'Asia/Beirut');
    expect(new Date(day?.from ?? NaN).toISOString()).toBe('2026-03-28T22:00:00.000Z');
    expect(lengths('Asia/Beirut', '2026-03-29T12:00:00Z', 1)).toEqual([['2026-03-29', 23]]);
  });

  test.each(['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC'])(
    'of %s follow each other without a gap, and the first has now in it',
    (zone) => {
      const now = Date.parse('2026-09-15T05:07:00Z');
      const days = daysFrom(now, 90, zone);
      expect(days).toHaveLength(90);
      expect(days[0]?.from).toBeLessThanOrEqual(now);
      expect(days[0]?.until).toBeGreaterThan(now);
      for (const [index, { from }] of days.slice(1).entries()) expect(from).toBe(days[index]?.until);
    },
  );
});
