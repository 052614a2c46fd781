import { appendFile, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Collection } from '../../src/state/collection.js';
import { Store, type Contents } from '../../src/state/store.js';

interface Thing {
  name: string;
  value: string;
}

/** An item with a nested collection. */
interface Shelf {
  name: string;
  label: string;
  things: Collection<Thing>;
}

const facts = z.object({ owner: z.string() });

describe('the store', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'store-'));
    file = join(folder, 'things.ndjson');
  });
  afterEach(() => rm(folder, { recursive: true, maxRetries: 5 }));

  const shelvesOf = (...shelves: Shelf[]): Collection<Shelf> =>
    new Collection<Shelf>(shelves, {
      store: ({ things: _things, ...own }) => own,
      revive: (value, before) => ({ ...(value as Shelf), things: before?.things ?? new Collection() }),
    });
  const contents = (shelves: Collection<Shelf>): Contents => ({
    format: 1,
    facts: { owner: 'tests' },
    *tables() {
      yield ['shelves', shelves];
      for (const shelf of shelves.values()) yield [`shelves/${shelf.name}`, shelf.things];
    },
    table: (name) => (name === 'shelves' ? shelves : shelves.get(name.split('/')[1] ?? '')?.things),
  });
  const open = async (shelves = shelvesOf(), path = file): Promise<{ store: Store; shelves: Collection<Shelf> }> => ({
    store: await Store.open(path, contents(shelves), (message) => {
      throw new Error(message);
    }),
    shelves,
  });
  const shelf = (name: string, ...things: Thing[]): Shelf => ({
    name,
    label: `${name}!`,
    things: new Collection(things),
  });
  /** Reads what a new process would find if this one ended now, without closing the store. */
  const stored = async (): Promise<Record<string, Record<string, string>>> => {
    const copy = join(folder, 'copy.ndjson');
    await copyFile(file, copy);
    const { store, shelves } = await open(shelvesOf(), copy);
    const all = [...shelves.values()].map(
      (one) =>
        [one.name, Object.fromEntries([...one.things.values()].map(({ name, value }) => [name, value]))] as const,
    );
    await store.close();
    return Object.fromEntries(all);
  };

  it('keeps its initial contents and every committed change', async () => {
    const { store, shelves } = await open(shelvesOf(shelf('a', { name: 'one', value: '1' })));
    shelves.set(shelf('b', { name: 'two', value: '2' }));
    shelves.get('a')?.things.set({ name: 'One', value: 'changed' });
    shelves.get('b')?.things.set({ name: 'three', value: '3' });
    shelves.get('b')?.things.delete('two');
    store.commit();

    expect(await stored()).toEqual({ a: { One: 'changed' }, b: { three: '3' } });
    expect(await Store.facts(file, 1, facts)).toEqual({ owner: 'tests' });
  });

  it('writes nothing before a commit', async () => {
    const { store, shelves } = await open();
    shelves.set(shelf('a'));

    expect(await stored()).toEqual({});

    store.commit();
    expect(await stored()).toEqual({ a: {} });
  });

  it('gives a new item nothing of a deleted one of that name', async () => {
    const { store, shelves } = await open(shelvesOf(shelf('a', { name: 'old', value: '1' })));
    shelves.delete('a');
    shelves.set(shelf('a', { name: 'new', value: '2' }));
    store.commit();

    expect(await stored()).toEqual({ a: { new: '2' } });
  });

  it('keeps the nested items of an item that changes', async () => {
    const { store, shelves } = await open(shelvesOf(shelf('a', { name: 'part', value: '1' })));
    const before = shelves.get('a');
    if (before) shelves.set({ ...before, label: 'other' });
    shelves.get('a')?.things.set({ name: 'more', value: '2' });
    store.commit();

    expect(await stored()).toEqual({ a: { part: '1', more: '2' } });
  });

  it('ignores a last line that was cut off, and appends after the line before it', async () => {
    const { store, shelves } = await open(shelvesOf(shelf('a', { name: 'kept', value: '1' })));
    await store.close();
    await appendFile(file, '["shelves/a","torn",{"na');
    const again = await open();
    again.shelves.get('a')?.things.set({ name: 'next', value: '2' });
    again.store.commit();

    expect(await stored()).toEqual({ a: { kept: '1', next: '2' } });
    expect(shelves.size).toBe(1);
  });

  it('removes the half-written file of a process that ended during a rewrite', async () => {
    const { store } = await open(shelvesOf(shelf('a', { name: 'kept', value: '1' })));
    await store.close();
    await writeFile(`${file}.new`, '{"format":1}\n["shelves","half"');
    await (await open()).store.close();

    expect(await stored()).toEqual({ a: { kept: '1' } });
    await expect(readFile(`${file}.new`)).rejects.toThrow('ENOENT');
  });

  it('refuses a damaged file and a file of another version, and names --reset', async () => {
    await writeFile(file, '{"format":1}\n["shelves","a",{"na\n["shelves","b",{"name":"b"}]\n');

    await expect(open()).rejects.toThrow('is damaged; start with --reset');

    await writeFile(file, '{"format":7}\n');
    await expect(Store.facts(file, 1, facts)).rejects.toThrow('another version; start with --reset');
  });

  it.each([
    ['facts of another type', '{"format":1,"owner":1}\n'],
    ['no format', '{"owner":"tests"}\n'],
    ['no object', '[]\n'],
  ])('refuses a first line with %s', async (_, text) => {
    await writeFile(file, text);
    await expect(Store.facts(file, 1, facts)).rejects.toThrow(`${file} is damaged; start with --reset`);
  });

  it.each(['{}', '["shelves"]', '["shelves",1,{}]'])('refuses the line %s', async (line) => {
    await writeFile(file, `{"format":1,"owner":"tests"}\n${line}\n`);
    await expect(open()).rejects.toThrow(`${file} is damaged; start with --reset`);
  });

  it('loses no change that is made during a rewrite', async () => {
    const { store, shelves } = await open(shelvesOf(shelf('a')));
    const things = shelves.get('a')?.things ?? new Collection<Thing>();
    const filler = 'x'.repeat(500);
    for (let n = 0; n < 500; n++) things.set({ name: `t${n}`, value: filler });
    things.set({ name: 'secret', value: 'gone-for-good' });
    store.commit();
    things.delete('secret');
    store.rewrite();
    let changes = 0;
    // Like requests during the rewrite: some change lines already rewritten, some others, and some are not committed
    // yet.
    while (changes < 300) {
      things.set({ name: `t${(changes * 7) % 500}`, value: `changed ${changes}` });
      things.delete(`t${499 - changes}`);
      things.set({ name: `n${changes}`, value: 'new' });
      if (changes % 3 === 0) store.commit();
      if (changes % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      changes += 1;
    }
    store.commit();
    const expected = Object.fromEntries([...things.values()].map(({ name, value }) => [name, value]));

    expect((await stored())['a']).toEqual(expected);

    await store.close();
    expect((await stored())['a']).toEqual(expected);
    expect(await readFile(file, 'utf8')).not.toContain('gone-for-good');
  });

  it('rewrites the file when most of its lines are obsolete', async () => {
    const { store, shelves } = await open(shelvesOf(shelf('a')));
    const value = 'x'.repeat(10_000);
    for (let n = 0; n < 2000; n++) {
      shelves.get('a')?.things.set({ name: 'same', value: `${n}${value}` });
      store.commit();
      if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await store.close();

    expect((await readFile(file)).length).toBeLessThan(10_000_000);
    expect((await stored())['a']?.['same']).toMatch(/^1999x/);
  });
});
