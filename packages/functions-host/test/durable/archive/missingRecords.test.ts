import { readdirSync, renameSync, truncateSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Archiver } from '../../../src/durable/engine/archiver.js';
import type { ArchiveRecord } from '../../../src/durable/hub/records.js';
import { openStore, type Store } from '../../../src/durable/store.js';

const TEXT = 'x'.repeat(100);

let dataDir: string;
let store: Store;
const logged: string[] = [];
const log = { warn: (text: string) => void logged.push(text), error: (text: string) => void logged.push(text) };

async function open(): Promise<void> {
  logged.length = 0;
  store = await openStore({ dataDir, log });
}
async function close(): Promise<void> {
  await store.archive?.close();
  await store.journal.close();
}
async function restart(between: () => void = () => undefined): Promise<void> {
  await close();
  between();
  await open();
}

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'missing-'));
  await open();
});
afterEach(async () => {
  await close();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

const file = (...names: readonly string[]): string => path.join(dataDir, 'durable', ...names);
const archives = (): string[] => readdirSync(file()).filter((name) => name.endsWith('.dat'));
const archive = () => {
  if (!store.archive) throw new Error('no archive');
  return store.archive;
};
const commit = async (record: ArchiveRecord): Promise<void> => {
  const seq = store.journal.append(JSON.stringify(record));
  store.hub.apply(record, seq);
  await store.journal.confirmed(seq);
};
/** Archives an instance, as far as the store is concerned. */
async function add(id: string): Promise<void> {
  const [place] = await archive().append([Buffer.from(TEXT)]);
  if (!place) throw new Error('no place');
  const { segment, offset, length } = place;
  await commit({ k: 'archive', e: [{ i: id, s: 1, c: 0, g: 0, p: [segment, offset, length] }] });
}
const read = (id: string): string | undefined => {
  const place = store.hub.archived.get(id);
  return place && archive().read(place).toString('utf8');
};

describe('a start that misses records of the journal', () => {
  it('leaves the archive as it is, also at later starts, until the journal is put back', async () => {
    await add('one');
    await restart(() => renameSync(file('journal-000001.log'), path.join(dataDir, 'aside.log')));
    expect(logged[0]).toContain('all 1 records are missing');
    expect(logged[1]).toContain('1 files of the archive');
    await add('later');
    await restart();
    expect(logged).toEqual([expect.stringContaining(`Delete ${file('archive-held.txt')}`)]);
    expect(read('later')).toBe(TEXT);
    expect(archives()).toEqual(['archive-000001.dat', 'archive-000002.dat']);

    await restart(() => renameSync(path.join(dataDir, 'aside.log'), file('journal-000001.log')));
    expect(read('one')).toBe(TEXT);
    await close();
    await rm(file('archive-held.txt'));
    await open();
    expect(logged).toEqual([]);
    expect([read('one'), archives()]).toEqual([TEXT, ['archive-000001.dat']]);
  });

  it('holds the files before the journal counts anew, so that a process that dies in between loses nothing', async () => {
    await add('one');
    await add('two');
    await close();
    truncateSync(file('journal-000001.log'), 150);
    const died = new Error('died');
    const dying = {
      ...log,
      error: () => {
        throw died;
      },
    };
    await expect(openStore({ dataDir, log: dying })).rejects.toBe(died);
    expect(readdirSync(file())).toContain('archive-held.txt');
    await open();
    expect(logged.join(' ')).toContain('is not complete');
  });

  it('replaces no file of which little is used by what is left', async () => {
    for (const id of ['one', 'two', 'three']) await add(id);
    const whole = { journal: path.join(dataDir, 'aside.log') };
    const { segment = 0 } = store.hub.archived.get('one') ?? {};
    await restart(() => renameSync(file('journal-000001.log'), whole.journal));
    await commit({ k: 'archive', e: [{ i: 'one', s: 1, c: 0, g: 0, p: [segment, 0, 108] }] });
    await restart();

    const failures: Error[] = [];
    const archiver = new Archiver(
      {
        hub: store.hub,
        archive: archive(),
        commit: (record) => void commit(record),
        written: () => Promise.resolve(),
        failed: (error) => void failures.push(error),
      },
      { recent: 0, atATime: 1, copied: 500, smallest: 0 },
    );
    archiver.look();
    await archiver.stop();
    expect([failures, archives(), read('one')]).toEqual([[], ['archive-000001.dat'], TEXT]);

    await restart(() => renameSync(whole.journal, file('journal-000001.log')));
    expect(['one', 'two', 'three'].map(read)).toEqual([TEXT, TEXT, TEXT]);
  });
});
