import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { cut, drawTable } from '../../src/output/drawTable.js';
import { tableOf } from '../../src/output/output.js';

const paint = (text: string): string => text;
const columns = (count: number) =>
  [...Array(count).keys()].map((index) => ({ header: `C${index}`, value: (row: readonly string[]) => row[index] }));

describe('a table', () => {
  test('has columns as wide as their content, and numbers to the right', () => {
    const table = tableOf(
      [
        { name: 'a', count: 5 },
        { name: 'long-name', count: 1200 },
      ],
      [
        { header: 'NAME', value: ({ name }) => name },
        { header: 'COUNT', value: ({ count }) => count, right: true },
      ],
    );
    expect(drawTable(table, { width: undefined, headers: true, paint })).toEqual([
      'NAME        COUNT',
      'a               5',
      'long-name    1200',
    ]);
  });

  test('measures wide characters as a terminal does', () => {
    const lines = drawTable(
      tableOf(
        [
          ['機器', 'x'],
          ['ab', 'y'],
        ],
        columns(2),
      ),
      {
        width: undefined,
        headers: false,
        paint,
      },
    );
    expect(lines).toEqual(['機器   x', 'ab     y']);
  });

  test('fits every terminal that has room for eight characters a column', () => {
    const rows = fc.array(fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { minLength: 4, maxLength: 4 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(rows, fc.integer({ min: 41, max: 200 }), (items, width) => {
        const lines = drawTable(tableOf(items, columns(4)), { width, headers: true, paint });
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('shortens the widest column first, with a mark', () => {
    const lines = drawTable(tableOf([['short', 'x'.repeat(40)]], columns(2)), { width: 30, headers: false, paint });
    expect(lines).toEqual([`short   ${'x'.repeat(21)}…`]);
  });

  test('leaves minor columns out first, and says so', () => {
    const row = { id: 'x'.repeat(30), name: 'n'.repeat(30), date: '2026-11-30 11:00Z' };
    const table = tableOf(
      [row],
      [
        { header: 'NAME', value: ({ name }) => name },
        { header: 'DATE', value: ({ date }) => date, firm: true },
        { header: 'ID', value: ({ id }) => id, minor: 1 },
      ],
    );
    const omitted: (readonly string[])[] = [];
    const style = { headers: false, paint, leftOut: (headers: readonly string[]) => omitted.push(headers) };
    expect(drawTable(table, { ...style, width: 100 })).toEqual([`${row.name}   ${row.date}   ${row.id}`]);
    expect(omitted).toEqual([]);
    expect(drawTable(table, { ...style, width: 60 })).toEqual([`${row.name}   ${row.date}`]);
    expect(drawTable(table, { ...style, width: 40 })).toEqual([`${'n'.repeat(19)}…   ${row.date}`]);
    expect(omitted).toEqual([['ID'], ['ID']]);
  });

  test('never shortens a column that must stay whole, and others only if that makes room for it', () => {
    const row = { name: 'n'.repeat(30), token: 't'.repeat(60) };
    const table = tableOf(
      [row],
      [
        { header: 'NAME', value: ({ name }) => name },
        { header: 'TOKEN', whole: true, value: ({ token }) => token },
      ],
    );
    const style = { headers: false, paint };
    expect(drawTable(table, { ...style, width: 80 })).toEqual([`${'n'.repeat(16)}…   ${row.token}`]);
    expect(drawTable(table, { ...style, width: 71 })).toEqual([`${'n'.repeat(7)}…   ${row.token}`]);
    expect(drawTable(table, { ...style, width: 70 })).toEqual([`${row.name}   ${row.token}`]);
  });

  test('cuts nothing where there is no terminal', () => {
    const [line] = drawTable(tableOf([['x'.repeat(500)]], columns(1)), { width: undefined, headers: false, paint });
    expect(line).toHaveLength(500);
  });
});

test('a text is cut between characters as a reader sees them', () => {
  expect(cut('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
});
