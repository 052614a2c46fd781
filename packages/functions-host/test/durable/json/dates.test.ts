import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { asLocalTime, netTime, rewrittenDate, withDates } from '../../../src/durable/json/dates.js';

/** As the real host was seen to write them, on a machine whose time is UTC. */
const cases = [
  ['2020-01-01T00:00:00.1200Z', '2020-01-01T00:00:00.12Z'],
  ['2020-01-01T00:00:00.0000000', '2020-01-01T00:00:00'],
  ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.9999999Z'],
  ['2020-01-01T24:00:00.000Z', '2020-01-02T00:00:00Z'],
  ['2020-01-01T24:00:00', '2020-01-02T00:00:00'],
  ['2020-01-01T00:00:00+0200', '2019-12-31T22:00:00+00:00'],
  ['2020-01-01T00:00:00+02', '2019-12-31T22:00:00+00:00'],
  ['2020-01-01T00:00:00.5-00:00', '2020-01-01T00:00:00.5+00:00'],
  ['2020-01-01T00:00:00+99:00', '2019-12-27T21:00:00+00:00'],
  ['2020-01-01T00:00:00+02:60', '2019-12-31T21:00:00+00:00'],
  ['2020-01-01T00:00:00.1-23:59', '2020-01-01T23:59:00.1+00:00'],
  ['0001-01-01T00:00:00+05:00', '0001-01-01T00:00:00+00:00'],
  ['/Date(0)/', '1970-01-01T00:00:00Z'],
  ['/Date(-1)/', '1969-12-31T23:59:59.999Z'],
  ['/Date(1234567890120+0200)/', '2009-02-13T23:31:30.12+00:00'],
] as const;

const texts = [
  '2020-01-01T00:00:00.12345678Z',
  '2020-01-01T24:00:01Z',
  '2020-01-01t00:00:00.000z',
  '2020-01-01T00:00',
  '2020-01-01',
  '2020-02-30T00:00:00Z',
  '2021-02-29T00:00:00.100Z',
  '2020-13-01T00:00:00Z',
  '2020-01-01T00:00:60Z',
  '2020-01-01T00:00:00.Z',
  '0000-01-01T00:00:00Z',
  ' 2020-01-01T00:00:00.000Z',
  '2020-01-01T00:00:00.000Z ',
  '/Date(x)/',
];

describe('a text that .NET reads as a time', () => {
  const zone = process.env['TZ'];
  beforeEach(() => {
    process.env['TZ'] = 'UTC';
  });
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each(cases)('%s is written as %s', (given, written) => {
    expect(rewrittenDate(given)).toBe(written);
    expect(withDates(new Map([['at', [given]]]))).toEqual(new Map([['at', [written]]]));
  });

  it.each(texts)('is not: %s', (given) => {
    expect(netTime(given)).toBeUndefined();
    expect(rewrittenDate(given)).toBe(given);
  });

  it('becomes the time of the machine if it has an offset', () => {
    process.env['TZ'] = 'Asia/Kolkata';
    expect(rewrittenDate('2020-01-01T10:00:00.5+02:00')).toBe('2020-01-01T13:30:00.5+05:30');
    expect(rewrittenDate('2020-01-01T10:00:00.5Z')).toBe('2020-01-01T10:00:00.5Z');
    expect(asLocalTime('2020-01-01T10:00:00.120Z')).toBe('2020-01-01T15:30:00.12+05:30');
  });
});
