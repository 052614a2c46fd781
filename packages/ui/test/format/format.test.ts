import { describe, expect, test } from 'vitest';
import { csvOf } from '../../src/format/csv.js';
import { counted, whole } from '../../src/format/numbers.js';
import { plainText } from '../../src/format/plainText.js';
import { absolute, fromNow, shortSpan, span } from '../../src/format/times.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [-5, '0 s'],
  [0, '0 s'],
  [999, '0 s'],
  [42 * SECOND, '42 s'],
  [59_999, '59 s'],
  [MINUTE, '1 min'],
  [MINUTE + 5 * SECOND, '1 min'],
  [HOUR + 5 * MINUTE, '1 h 5 min'],
  [12 * MINUTE + 30 * SECOND, '12 min'],
  [HOUR, '1 h'],
  [3 * HOUR + 59 * SECOND, '3 h'],
  [23 * HOUR, '23 h'],
  [DAY + HOUR, '1 d 1 h'],
  [90 * DAY + 5 * HOUR, '90 d'],
])('%d ms are %s', (milliseconds, text) => {
  expect(span(milliseconds)).toBe(text);
});

test.each([
  [0, '0 ms'],
  [42, '42 ms'],
  [1000, '1.0 s'],
  [3449, '3.4 s'],
  [10 * SECOND, '10 s'],
  [42 * SECOND, '42 s'],
  [MINUTE, '1 min'],
  [MINUTE + 5 * SECOND, '1 min 5 s'],
  [59 * MINUTE + 59 * SECOND, '59 min 59 s'],
  [HOUR + 5 * MINUTE + SECOND, '1 h 5 min'],
])('a short span of %d ms is %s', (milliseconds, text) => {
  expect(shortSpan(milliseconds)).toBe(text);
});

test.each([
  [500, 'now'],
  [2 * DAY, 'in 2 d'],
  [-5 * MINUTE, '5 min ago'],
])('%d ms from now is %s', (distance, text) => {
  expect(fromNow(1_000_000_000 + distance, 1_000_000_000)).toBe(text);
});

test('an instant is shown in UTC, and a text that is none as it is', () => {
  expect(absolute('2026-03-01T12:05:59.000Z')).toBe('2026-03-01 12:05 UTC');
  expect(absolute('soon')).toBe('soon');
});

test('numbers have commas, and words their plural', () => {
  expect([whole(12_345), counted(1, 'client'), counted(0, 'client'), counted(2_000, 'registry', 'registries')]).toEqual(
    ['12,345', '1 client', '0 clients', '2,000 registries'],
  );
});

test.each([
  ['sensor-1', 'sensor-1'],
  ['<b>&amp;', '<b>&amp;'],
  ['a\r\n  b\tc', 'a b c'],
  ['safe\u202Egnp.exe', 'safe\ufffdgnp.exe'],
  ['a\u0000\u001b[31mb', 'a\ufffd\ufffd[31mb'],
  ['a\u200bb\ufeffc', 'a\ufffdb\ufffdc'],
])('the text %j is shown as %j', (text, shown) => {
  expect(plainText(text)).toBe(shown);
});

describe('CSV', () => {
  const one = (value: string | number | undefined) => csvOf([{ header: 'name', value: () => value }], [0]);

  test('starts with a byte order mark and a header, and ends each line as RFC 4180 has it', () => {
    const columns = [
      { header: 'name', value: (row: { name: string; count: number }) => row.name },
      { header: 'count', value: (row: { name: string; count: number }) => row.count },
    ];
    expect(csvOf(columns, [{ name: 'a', count: -1 }])).toBe('\ufeff"name","count"\r\n"a",-1\r\n');
    expect(csvOf(columns, [])).toBe('\ufeff"name","count"\r\n');
  });

  test.each([
    ['a', '"a"'],
    ['a,b', '"a,b"'],
    ['a;b', '"a;b"'],
    ['a\tb', '"a\tb"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['', ''],
    [undefined, ''],
  ])('quotes %j', (value, cell) => {
    expect(one(value)).toBe(`\ufeff"name"\r\n${cell}\r\n`);
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '  =1', '\uff1d1', '=cmd|" /C calc"!A0'])(
    'lets a spreadsheet compute nothing of %j',
    (value) => {
      const [, cell = ''] = one(value).split(/^\ufeff"name"\r\n/);
      expect(cell).toMatch(/^"'/);
      expect(cell.slice(1, -3).replaceAll('""', '"').replaceAll("'", '')).toBe(value);
    },
  );

  test.each(['a;=1+1;b', 'a; =1', 'a\t@SUM(A1)', 'a;b;-1', 'a\n+1'])(
    'lets none compute what follows a semicolon or a tab in %j, where these separate cells',
    (value) => {
      for (const part of one(value).split(/[;\t\r\n]/)) expect(part).not.toMatch(/^\s*[=+\-@]/);
    },
  );
});
