import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CLIENT_STATES, DIFFERENCE_CODES } from '../../src/answers/clientAnswers.js';
import { ANSWER_CODES, FAILURE_CODES, PROBLEM_CODES } from '../../src/answers/codes.js';

const root = new URL('../../../../', import.meta.url);

/** The rows of each table of docs/errors.md that names codes, by its heading: the cells of each row. */
const tables = Object.fromEntries(
  readFileSync(new URL('docs/errors.md', root), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const rows = lines.filter((line) => line.startsWith('|')).slice(2);
      return [heading.trim(), rows.map((row) => row.split('|').map((cell) => cell.trim()))];
    }),
);
const codesIn = (cell = '') => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code ?? '');

const code = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('codes.ts') && !name.includes('openapi'))
  .map((name) => readFileSync(new URL(`src/${name}`, root), 'utf8'))
  .join('\n');

const inventory = readFileSync(new URL('docs/inventory.md', root), 'utf8');

describe('the stable codes', () => {
  test('of states and differences are in docs/inventory.md', () => {
    const rows = inventory.split('\n').filter((line) => /^\| `[a-z-]+`/.test(line));
    const written = rows.flatMap((row) => codesIn(row.split('|')[1]));
    expect(written.toSorted()).toEqual(
      [...CLIENT_STATES, 'silent', 'absent', 'unknown', ...DIFFERENCE_CODES].toSorted(),
    );
  });

  test('of answers are in docs/errors.md, each with its statuses', () => {
    const written = (tables['Answers'] ?? []).flatMap(([, statuses = '', codes]) =>
      codesIn(codes).map((item) => [item, statuses.split(', ').map(Number)] as const),
    );
    const inCode = Object.entries(ANSWER_CODES).map(([item, { statuses }]) => [item, [...statuses]]);
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(inCode));
  });

  test.each([
    ['Problems found by preflight', PROBLEM_CODES],
    ['Failures of an operation', FAILURE_CODES],
  ])('under "%s" are those of the code', (heading, codes) => {
    const written = (tables[heading] ?? []).flatMap(([, cell]) => codesIn(cell));
    expect([...written].sort()).toEqual([...codes].sort());
  });

  test.each([...new Set([...Object.keys(ANSWER_CODES), ...PROBLEM_CODES, ...FAILURE_CODES])])(
    'are used somewhere: %s',
    (item) => {
      expect(code).toContain(`'${item}'`);
    },
  );
});
