import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseNcrontab } from '../../../src/schedules/ncrontab.js';
import { parseSchedule } from '@connected-registry/functions-host/triggers/schedule';
import { resolveSettings } from '../../../src/schedules/hostSchedule.js';
import { formatTimeSpan, parseTimeSpan } from '../../../src/schedules/timeSpan.js';

const occurrences = (expression: string, after: string, count: number, zone = 'UTC'): string[] => {
  const parsed = parseNcrontab(expression, zone);
  const found: string[] = [];
  let at: Date | undefined = new Date(after);
  while (found.length < count && (at = parsed?.next(at)) !== undefined) found.push(at.toISOString().slice(0, 19));
  return found;
};

describe('an NCRONTAB expression', () => {
  it('has five fields, or six with seconds first', () => {
    expect(occurrences('*/20 * * * * *', '2026-01-01T00:00:05Z', 3)).toEqual([
      '2026-01-01T00:00:20',
      '2026-01-01T00:00:40',
      '2026-01-01T00:01:00',
    ]);
    expect(occurrences('*/20 * * * *', '2026-01-01T00:00:05Z', 2)).toEqual([
      '2026-01-01T00:20:00',
      '2026-01-01T00:40:00',
    ]);
  });

  it('matches days that match both day fields', () => {
    expect(occurrences('0 0 0 13 * 5', '2018-01-01T00:00:00Z', 2)).toEqual([
      '2018-04-13T00:00:00',
      '2018-07-13T00:00:00',
    ]);
  });

  it('supports names, abbreviated names, steps from a value and leap days', () => {
    expect(occurrences('0 0 9 * Jan-march Mon', '2026-01-01T00:00:00Z', 1)).toEqual(['2026-01-05T09:00:00']);
    expect(occurrences('0 50/5 * * * *', '2026-01-01T00:00:00Z', 3).map((at) => at.slice(14))).toEqual([
      '50:00',
      '55:00',
      '50:00',
    ]);
    expect(occurrences('0 0 0 29 2 *', '2026-01-01T00:00:00Z', 1)).toEqual(['2028-02-29T00:00:00']);
    expect(occurrences('0 0 0 30 2 *', '2026-01-01T00:00:00Z', 1)).toEqual([]);
  });

  it.each([
    '',
    '* * * *',
    '* * * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 7',
    '? * * * *',
    '* * L * *',
    '* * * * 5#2',
    'a * * * *',
    '1,,2 * * * *',
    '1- * * * *',
    '@daily',
  ])('cannot be %j', (text) => {
    expect(parseNcrontab(text)).toBeUndefined();
  });

  it('is printed like the real host prints it', () => {
    expect(parseNcrontab('*/15 0-59 9,8,10 * jan *')?.text).toBe('0,15,30,45 * 8-10 * 1 *');
  });

  it('occurs once in the hour that daylight saving repeats, unless it is an interval', () => {
    const zone = 'America/Los_Angeles';
    expect(occurrences('0 30 1 * * *', '2018-11-04T07:59:00Z', 2, zone)).toEqual([
      '2018-11-04T08:30:00',
      '2018-11-05T09:30:00',
    ]);
    expect(occurrences('0 30 1,5 * * *', '2018-11-04T08:00:00Z', 2, zone)).toEqual([
      '2018-11-04T08:30:00',
      '2018-11-04T13:30:00',
    ]);
    expect(occurrences('0 30 1 * * *', '2018-11-04T09:29:00Z', 1, zone)).toEqual(['2018-11-05T09:30:00']);
    expect(occurrences('0 */30 * * * *', '2018-11-04T08:10:00Z', 4, zone).map((at) => at.slice(11, 16))).toEqual([
      '08:30',
      '09:00',
      '09:30',
      '10:00',
    ]);
  });

  it('occurs next at the first matching second, for any lists of values', () => {
    const list = (low: number, high: number): fc.Arbitrary<number[]> =>
      fc.uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        list(0, 59),
        list(0, 59),
        list(0, 23),
        list(0, 6),
        fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
        (seconds, minutes, hours, days, after) => {
          const expression = [seconds, minutes, hours].map((set) => set.join(',')).join(' ');
          const next = parseNcrontab(`${expression} * * ${days.join(',')}`, 'UTC')?.next(after);
          const candidate = new Date(Math.floor(after.getTime() / 1000) * 1000 + 1000);
          const fits = (at: Date): boolean =>
            days.includes(at.getUTCDay()) &&
            hours.includes(at.getUTCHours()) &&
            minutes.includes(at.getUTCMinutes()) &&
            seconds.includes(at.getUTCSeconds());
          // Skip whole hours and minutes that cannot fit, so that the search stays short.
          while (!fits(candidate)) {
            if (!days.includes(candidate.getUTCDay()) || !hours.includes(candidate.getUTCHours()))
              candidate.setUTCHours(candidate.getUTCHours() + 1, 0, 0);
            else if (!minutes.includes(candidate.getUTCMinutes()))
              candidate.setUTCMinutes(candidate.getUTCMinutes() + 1, 0);
            else candidate.setUTCSeconds(candidate.getUTCSeconds() + 1);
          }
          expect(next?.toISOString()).toBe(candidate.toISOString());
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a time span', () => {
  it.each([
    ['00:00:05', 5_000],
    ['01:30', 5_400_000],
    ['1.02:00:00', 93_600_000],
    ['24:00:00', 24 * 86_400_000],
    ['5', 5 * 86_400_000],
    ['00:00:00.25', 250],
    ['-00:01:00', -60_000],
    ['00:60:00', undefined],
    ['soon', undefined],
  ])('of %s is %s ms', (text, milliseconds) => {
    expect(parseTimeSpan(text)).toBe(milliseconds);
  });

  it('is printed like .NET prints it', () => {
    expect([formatTimeSpan(5_000), formatTimeSpan(93_600_250)]).toEqual(['00:00:05', '1.02:00:00.2500000']);
  });
});

describe('a schedule', () => {
  it('is a cron expression, a time span, or refused with the message of the real host', () => {
    expect(parseSchedule('*/5 * * * * *').text).toBe("Cron: '0,5,10,15,20,25,30,35,40,45,50,55 * * * * *'");
    expect(parseSchedule('00:02:00')).toMatchObject({ text: 'Constant: 00:02:00', adjustForDst: false });
    expect(() => parseSchedule('nonsense')).toThrow(
      "The schedule expression 'nonsense' was not recognized as a valid cron expression or timespan string.",
    );
  });

  it.each([
    ['* * * * *', true],
    ['0 * * * * *', true],
    ['*/30 * * * * *', false],
    ['0,1 0 * * * *', true],
    ['00:00:59', false],
    ['00:01:00', true],
  ])('of %s can be monitored: %s', (text, expected) => {
    expect(parseSchedule(text).canBeMonitored).toBe(expected);
  });

  it('can refer to a setting', () => {
    expect(resolveSettings('%A_B%', { a_b: '0 0 * * * *' })).toBe('0 0 * * * *');
    expect(() => resolveSettings('%NONE%', {})).toThrow("'%NONE%' does not resolve to a value.");
  });
});
