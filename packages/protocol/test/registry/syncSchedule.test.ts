import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isContinuous,
  nextSync,
  unreadableStops,
  worstSyncGapSeconds,
  worstPathSeconds,
} from '../../src/registry/syncSchedule.js';

const after = new Date('2026-03-28T23:59:30.000Z');
const next = (schedule: string | undefined, from = after) => nextSync(schedule, from)?.toISOString();

const UNREADABLE = ['', ' ', 'every day', '99 * * * *', '* * *', '* * * * * *', '@daily', '0 0 L * *', '0 0 15W * *']
  .concat([
    '0 0 * * 5#2',
    '0 0 * * 8',
    '0 22-4 * * *',
    '*/0 * * * *',
    '0/0 * * * *',
    '5/ * * * *',
    '1,,2 * * * *',
    ', * * * *',
  ])
  .concat([
    '? * * * *',
    '0 0 ?,1 * *',
    '0 0 * J *',
    '0 0 * * MO',
    '0 0 * FOO *',
    '0 -1 * * *',
    '0 1.5 * * *',
    'H * * * *',
  ])
  .concat(['PT1H', '0 0 0 * *', '0 0 32 * *', '0 0 * 13 *', '60 * * * *', '0 24 * * *', '0 0 * * SUN-', '0 0 * * 7/2']);

describe('the next sync', () => {
  test('is at the next minute without a schedule', () => {
    expect(next(undefined)).toBe('2026-03-29T00:00:00.000Z');
    expect(next(undefined)).toBe(next('* * * * *'));
  });

  test('is never the instant from which it is counted', () => {
    expect(next('* * * * *', new Date('2026-03-29T00:00:00.000Z'))).toBe('2026-03-29T00:01:00.000Z');
  });

  test('is in UTC, also when local clocks change', () => {
    expect(next('30 1 * * *')).toBe('2026-03-29T01:30:00.000Z');
    expect(next('30 2 29 3 *')).toBe('2026-03-29T02:30:00.000Z');
  });

  test('is found across the ends of weeks, months and leap years', () => {
    expect(next('0 0 * * 1')).toBe('2026-03-30T00:00:00.000Z');
    expect(next('0 12 1 * *')).toBe('2026-04-01T12:00:00.000Z');
    expect(next('0 0 29 2 *')).toBe('2028-02-29T00:00:00.000Z');
  });

  // Every two weeks or a few times a day: what a wrong guess would cost.
  test.each(UNREADABLE)('of an unreadable schedule is unknown, never soon: %j', (schedule) => {
    expect(nextSync(schedule, after)).toBeUndefined();
    expect(worstSyncGapSeconds(schedule, after)).toBeUndefined();
    expect(isContinuous(schedule)).toBe(false);
  });

  test('of a schedule without occurrences is unknown', () => {
    expect(nextSync('0 0 31 2 *', after)).toBeUndefined();
    expect(worstSyncGapSeconds('0 0 31 2 *', after)).toBeUndefined();
  });

  test.each([
    ['0 0/10 * * *', '0 0,10,20 * * *'],
    ['5/15 * * * *', '5,20,35,50 * * * *'],
    ['0 6/12 * * *', '0 6,18 * * *'],
    ['0 0 1/10 * *', '0 0 1,11,21,31 * *'],
    ['0 0 ? * MON', '0 0 * * 1'],
    ['0 0 1 * ?', '0 0 1 * *'],
    ['0 0 * JAN-mar,Dec Sat', '0 0 * 1-3,12 6'],
    ['0 0 * * FRI-SUN', '0 0 * * 5,6,0'],
    ['0 0 * * 7', '0 0 * * 0'],
    ['0 0 * * 5-7', '0 0 * * 0,5,6'],
    ['0 0 * january monday', '0 0 * 1 1'],
    ['00 03 * * *', '0 3 * * *'],
    [' 0\t3  * * * ', '0 3 * * *'],
    ['0 3-21/6 * * *', '0 3,9,15,21 * * *'],
    ['*/90 * * * *', '0 * * * *'],
    ['0-59 0/1 * * ?', '* * * * *'],
  ])('by %j is the same as by %j', (schedule, same) => {
    let at = after;
    for (let count = 0; count < 5; count += 1) {
      const found = nextSync(schedule, at);
      expect(found).toEqual(nextSync(same, at));
      expect(found).toBeDefined();
      at = found ?? at;
    }

    expect(worstSyncGapSeconds(schedule, after)).toBe(worstSyncGapSeconds(same, after));
  });

  test('requires a day to match both day fields, because the other reading assumes more syncs', () => {
    expect(next('0 3 1-7 * 0')).toBe('2026-04-05T03:00:00.000Z');
  });

  test('is in the future, from any instant', () => {
    const instant = fc.date({ min: new Date('2025-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
    const schedule = fc.constantFrom('* * * * *', '*/15 * * * *', '0 3 * * *', '0 0 1 * *', '5 4 * * 0');
    fc.assert(
      fc.property(instant, schedule, (from, cron) => {
        expect(nextSync(cron, from)?.getTime()).toBeGreaterThan(from.getTime());
      }),
    );
  });
});

describe('the longest gap between syncs', () => {
  test.each([
    ['* * * * *', 60],
    [undefined, 60],
    ['0 * * * *', 3600],
    ['0 3 * * *', 86_400],
    ['0 8,20 * * *', 43_200],
    ['0 8,9 * * *', 82_800],
    ['0 8 * * 1-5', 3 * 86_400],
    // Often by day, but not over the weekend, the summer or most years.
    ['*/5 8-17 * * MON-FRI', 62 * 3600 + 300],
    ['* * * 1-5,9-12 *', 92 * 86_400 + 60],
    ['0 0 29 2 *', 1461 * 86_400],
    ['0/30 * * * *', 1800],
    ['0 3 1-7 * 0', 35 * 86_400],
  ])('of %s is %i seconds', (schedule, seconds) => expect(worstSyncGapSeconds(schedule, after)).toBe(seconds));
});

describe('the longest time of a sync path', () => {
  test('is the sum of gaps and windows, and unknown if one is unreadable', () => {
    const daily = { name: 'above', schedule: '0 3 * * *', syncWindow: 'PT4H' };
    expect(worstPathSeconds([daily, { name: 'own' }], after)).toBe(86_400 + 4 * 3600 + 60);

    for (const unreadable of [{ schedule: 'every day' }, { schedule: '0 3 * * *', syncWindow: '4 hours' }]) {
      const own = { name: 'own', ...unreadable };
      expect(worstPathSeconds([daily, own], after)).toBeUndefined();
      expect(unreadableStops([daily, own], after)).toEqual([own]);
    }
  });
});
