import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextSync, worstSyncGapSeconds } from '../../../src/domain/syncSchedule.js';

const after = new Date('2026-03-28T23:59:30.000Z');
const next = (schedule: string | undefined, from = after) => nextSync(schedule, from).toISOString();

describe('the next sync', () => {
  test('is at the next minute without a schedule', () => {
    expect(next(undefined)).toBe('2026-03-29T00:00:00.000Z');
    expect(next(undefined)).toBe(next('* * * * *'));
  });

  test('is never the instant it is counted from', () => {
    expect(next('* * * * *', new Date('2026-03-29T00:00:00.000Z'))).toBe('2026-03-29T00:01:00.000Z');
  });

  test('is in UTC, also while a clock somewhere is put forward', () => {
    expect(next('30 1 * * *')).toBe('2026-03-29T01:30:00.000Z');
    expect(next('30 2 29 3 *')).toBe('2026-03-29T02:30:00.000Z');
  });

  test('is found over the ends of weeks, months and leap years', () => {
    expect(next('0 0 * * 1')).toBe('2026-03-30T00:00:00.000Z');
    expect(next('0 12 1 * *')).toBe('2026-04-01T12:00:00.000Z');
    expect(next('0 0 29 2 *')).toBe('2028-02-29T00:00:00.000Z');
  });

  test('of a schedule that cannot be read is within a minute', () => {
    for (const schedule of ['', 'every day', '99 * * * *', '* * *']) {
      const seconds = (nextSync(schedule, after).getTime() - after.getTime()) / 1000;
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(60);
    }
  });

  test('of a schedule that never comes is still in the future', () => {
    expect(nextSync('0 0 31 2 *', after).getTime()).toBeGreaterThan(after.getTime());
  });

  test('lies in the future, whatever the instant', () => {
    const instant = fc.date({ min: new Date('2025-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
    const schedule = fc.constantFrom('* * * * *', '*/15 * * * *', '0 3 * * *', '0 0 1 * *', '5 4 * * 0');
    fc.assert(
      fc.property(instant, schedule, (from, cron) => {
        expect(nextSync(cron, from).getTime()).toBeGreaterThan(from.getTime());
      }),
    );
  });
});

describe('the worst gap between syncs', () => {
  test.each([
    ['* * * * *', 60],
    [undefined, 60],
    ['0 * * * *', 3600],
    ['0 3 * * *', 86_400],
    ['0 8,20 * * *', 43_200],
    ['0 8,9 * * *', 82_800],
    ['0 8 * * 1-5', 3 * 86_400],
  ])('of %s is %i seconds', (schedule, seconds) => expect(worstSyncGapSeconds(schedule, after)).toBe(seconds));
});
