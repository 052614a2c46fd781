import { expect, test } from 'vitest';
import { allPages } from '../../src/api/allPages.js';
import { readPages } from '../../src/commands/shared/pages.js';
import { CommandError } from '../../src/program/commandError.js';

/** A listing whose pages name the next ones. It fails instead of being asked without end. */
function listing(next: Readonly<Record<string, string | undefined>>) {
  const asked: (string | undefined)[] = [];
  const read = async ({ continuation }: { readonly continuation?: string }) => {
    asked.push(continuation);
    if (asked.length > 10) throw new Error('asked without end');
    return { items: [continuation ?? 'first'], continuation: next[continuation ?? 'first'] };
  };
  return { asked, read };
}

test('each page is read with the continuation of the one before', async () => {
  const { asked, read } = listing({ first: 'b', b: 'c' });
  const found: string[] = [];
  for await (const { items } of allPages(read)) found.push(...items);
  expect(found).toEqual(['first', 'b', 'c']);
  expect(asked).toEqual([undefined, 'b', 'c']);
});

test.each([
  [{ first: 'b', b: 'b' }, 2],
  [{ first: 'b', b: 'c', c: 'b' }, 3],
])('pages that lead in a circle end with an error: %j', async (next, count) => {
  const { asked, read } = listing(next);
  await expect(readPages(read, { all: true, limit: undefined })).rejects.toThrow(CommandError);
  expect(asked).toHaveLength(count);
});

test('no page is read after there are enough items, also if the next ones would lead in a circle', async () => {
  const { asked, read } = listing({ first: 'b', b: 'b' });
  expect(await readPages(read, { all: false, limit: 2 })).toEqual({
    items: ['first', 'b'],
    notes: ['There may be more: --all shows them, --limit N more than 2.'],
  });
  expect(asked).toHaveLength(2);
});
