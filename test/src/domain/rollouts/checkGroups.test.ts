import { expect, test } from 'vitest';
import { checkGroups } from '../../../../src/domain/rollouts/checkGroups.js';

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => ({ row: from + index }));
const ends = (groups: readonly (readonly { readonly row: number }[])[]) =>
  groups.map((group) => [group[0]?.row, group.at(-1)?.row]);

test('a row is in the same group, whichever other groups there are', () => {
  const plan = { waves: { size: 1_000, pauseSeconds: 0 } };
  expect(ends(checkGroups(plan, rows(0, 250)))).toEqual([
    [0, 99],
    [100, 199],
    [200, 249],
  ]);
  expect(ends(checkGroups(plan, rows(100, 250)))).toEqual([
    [100, 199],
    [200, 249],
  ]);
});

test('rows of two waves are never in one group', () => {
  const plan = { waves: { canary: 30, size: 40, pauseSeconds: 0 } };
  expect(ends(checkGroups(plan, rows(0, 120)))).toEqual([
    [0, 29],
    [30, 69],
    [70, 99],
    [100, 109],
    [110, 119],
  ]);
});
