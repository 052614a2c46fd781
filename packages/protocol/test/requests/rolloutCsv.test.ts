import { describe, expect, test } from 'vitest';
import {
  cellValue,
  columnOf,
  parseRolloutCsv,
  ROLLOUT_COLUMNS,
} from '@connected-registry/protocol/requests/rolloutCsv';

const bytes = (text: string) => Buffer.from(text);
const LATIN_1 = Buffer.from('client,image\na,ü\n', 'latin1');

describe('CSV of a rollout', () => {
  test('gives the fields of each line, and the line of each row', async () => {
    const file = 'client,connectedRegistry,repositories\r\nsensor-7,myregistry1,hello-world\r\n\r\nsensor-8,,a b;c\r\n';
    expect(await parseRolloutCsv(bytes(file))).toEqual({
      rows: [
        { client: 'sensor-7', connectedRegistry: 'myregistry1', repositories: ['hello-world'] },
        { client: 'sensor-8', repositories: ['a', 'b', 'c'] },
      ],
      lines: [2, 4],
      faults: [],
      faultCount: 0,
    });
  });

  test('makes the identity of its two columns, if a row has one of them', async () => {
    const file = 'client,principalId,PrincipalType\na,1,Device\nb,2,\nc,,\nd,,Device\n';
    const { rows } = await parseRolloutCsv(bytes(file));
    expect(rows).toEqual([
      { client: 'a', identity: { principalId: '1', principalType: 'Device' } },
      { client: 'b', identity: { principalId: '2' } },
      { client: 'c' },
      { client: 'd', identity: { principalType: 'Device' } },
    ]);
    expect(['identity.principalId', 'identity', 'repositories.0', 'client'].map(columnOf)).toEqual([
      'principalId',
      'identity',
      'repositories',
      'client',
    ]);
  });

  test('accepts columns in any order and case, a byte order mark, and no line break at the end', async () => {
    const { rows, lines } = await parseRolloutCsv(bytes('\uFEFFREPOSITORIES,Client\nhello-world,sensor-7'));
    expect([rows, lines]).toEqual([[{ repositories: ['hello-world'], client: 'sensor-7' }], [2]]);
  });

  test.each([
    ['carriage returns only', 'client,token\ra,t\rb,\r', [2, 3]],
    ['quotes, spaces around cells, and commas and quotes inside them', 'client\n "a,b" \n"c""d"\n', [2, 3]],
    ['lines of spaces', 'client\n   \n\t\n a\n', [4]],
  ])('accepts %s', async (_, file, lines) => {
    const found = await parseRolloutCsv(bytes(file));
    expect([found.lines, found.faults]).toEqual([lines, []]);
  });

  test('converts numbers and flags, and leaves what is neither to the schema', () => {
    expect(['90', '1.5', '-1', '9e1', '90 days'].map((cell) => cellValue('credentialLifetimeDays', cell))).toEqual([
      90,
      1.5,
      -1,
      '9e1',
      '90 days',
    ]);
    expect(['true', 'FALSE', 'yes', ''].map((cell) => cellValue('adopt', cell))).toEqual([
      true,
      false,
      'yes',
      undefined,
    ]);
    expect(cellValue('client', '90')).toBe('90');
    expect(cellValue('repositories', ' a;; b ')).toEqual(['a', 'b']);
  });

  test.each<[string, string | Uint8Array, { row: number; column?: string; message: string }]>([
    ['an empty file', '', { row: 1, message: 'is missing' }],
    ['a file of empty lines', '\n\n\n', { row: 1, message: 'is missing' }],
    ['a header alone', 'client\n', { row: 2, message: 'is missing' }],
    ['a header alone, with empty lines after it', 'client\n\n\n', { row: 4, message: 'is missing' }],
    [
      'UTF-16, as Excel saves Unicode text',
      Buffer.from('\uFEFFclient\na', 'utf16le'),
      { row: 1, message: 'is in UTF-16' },
    ],
    ['bytes that are not UTF-8', LATIN_1, { row: 2, message: 'is not in UTF-8' }],
    [
      'semicolons between columns',
      'client;connectedRegistry\na;b\n',
      { row: 1, column: '1', message: 'has no commas' },
    ],
    ['tabs between columns', 'client\tconnectedRegistry\na\tb\n', { row: 1, column: '1', message: 'has no commas' }],
    ['an unknown column', 'client,colour\na,b\n', { row: 1, column: 'colour', message: 'is not a known column' }],
    [
      'a column without a name',
      'client,,token\na,b,c\n',
      { row: 1, column: '2', message: 'is a column without a name' },
    ],
    ['a column twice', 'client,token,Client\na,b,c\n', { row: 1, column: 'client', message: 'is a column twice' }],
    ['no column client', 'token\na\n', { row: 1, column: 'client', message: 'is missing' }],
    ['no header', 'sensor-7\nsensor-8\n', { row: 1, message: 'has no known column' }],
    [
      'a dry run as a column',
      'client,dryRun\na,true\n',
      { row: 1, column: 'dryRun', message: 'is not a known column' },
    ],
    [
      'a cell too few',
      'client,token\na,b\n\nc\n',
      { row: 4, column: 'token', message: 'has 1 cells, and the header has 2' },
    ],
    ['a cell too many', 'client\na\nb,c\n', { row: 3, column: '2', message: 'has 2 cells, and the header has 1' }],
    [
      'a comma at the end of a line',
      'client\na,\n',
      { row: 2, column: '2', message: 'has 2 cells, and the header has 1' },
    ],
    [
      'a quote that is not closed',
      'client,token\na,b\n"c,d\ne,f\n',
      { row: 3, column: 'client', message: 'has a double quote that is not closed' },
    ],
    [
      'a quote inside a cell',
      'client,token\r\na,b\r\n\r\nc,d"e\r\n',
      { row: 4, column: 'token', message: 'has a double quote inside a cell' },
    ],
    [
      'text after a closing quote',
      'client,token\n"a"b,c\n',
      { row: 2, column: 'client', message: 'has text after a closing quote' },
    ],
    [
      'text and a space after a closing quote',
      'client,token\n"a" b,c\n',
      { row: 2, column: 'client', message: 'has text after a closing quote' },
    ],
    [
      'a line break in a cell',
      'client,token\na,b\n"c\nd",e\nf,g\n',
      { row: 3, column: 'client', message: 'has a line break' },
    ],
    ['a control character', 'client\na\u0000b\n', { row: 2, column: 'client', message: 'has a control character' }],
    [
      'a line that never ends',
      `client\na\n${'b'.repeat(70_000)}\n`,
      { row: 3, column: 'client', message: 'has more than 65536 characters' },
    ],
    [
      'a header that never ends',
      `${'client'.repeat(20_000)}\n`,
      { row: 1, column: '1', message: 'has more than 65536 characters' },
    ],
    [
      'one row more than a rollout may have',
      `client\n${Array.from({ length: 10_001 }, (_, nth) => `c${nth}\n`).join('')}`,
      { row: 10_002, message: 'is one row too many' },
    ],
  ])('names row and column of %s', async (_, file, fault) => {
    const found = await parseRolloutCsv(typeof file === 'string' ? bytes(file) : file);
    expect(found.faults).toMatchObject([fault]);
    expect(found.faults[0]?.column).toBe(fault.column);
    expect(found.faults[0]?.fix).toMatch(/^[A-Z].*\.$/);
    expect(found.faultCount).toBe(1);
  });

  test('names the faults of all lines, each by its own line, also after a cell of several lines', async () => {
    const { faults, faultCount } = await parseRolloutCsv(bytes('client,token\na\n"b\nb",c\nd,e,f\n'));
    expect(faults.map(({ row, column }) => [row, column])).toEqual([
      [2, 'token'],
      [3, 'client'],
      [5, '3'],
    ]);
    expect(faultCount).toBe(3);
  });

  test('keeps the first 100 faults, and counts all', async () => {
    const { faults, faultCount } = await parseRolloutCsv(bytes(`client\n${'a,b\n'.repeat(250)}`));
    expect([faults.length, faultCount, faults.at(-1)?.row]).toEqual([100, 250, 101]);
  });

  test('stops after the maximum of rows, also if all are faulty', async () => {
    const { rows, faultCount } = await parseRolloutCsv(bytes(`client,token\n${'a\n'.repeat(10_100)}`));
    // A fault for each of 10,000 rows, and one for the row too many; the 99 rows after it are not read.
    expect([rows.length, faultCount]).toEqual([0, 10_001]);
  });

  test('stops after a number of lines without cells', async () => {
    const { faults, faultCount } = await parseRolloutCsv(bytes(`client\n${'""\n'.repeat(20_100)}a,b\n`));
    expect(faults).toMatchObject([{ row: 20_001, message: 'is one line too many' }]);
    expect(faultCount).toBe(1);
  });

  test('shortens a name that the file chose', async () => {
    const { faults } = await parseRolloutCsv(bytes(`client,${'x'.repeat(500)}\n`));
    expect(faults[0]?.column).toHaveLength(61);
  });

  test('does not read cells of a line that has too many', async () => {
    const { faults } = await parseRolloutCsv(bytes(`client\n${','.repeat(60_000)}\n`));
    expect(faults).toMatchObject([{ row: 2, column: '2' }]);
  });

  test('has a column for each field of a row', () => {
    expect(ROLLOUT_COLUMNS).toContain('client');
    expect(ROLLOUT_COLUMNS).toContain('credentialLifetimeDays');
    expect(ROLLOUT_COLUMNS).not.toContain('dryRun');
  });
});
