import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openFileJournal } from '../../src/store/fileJournal.js';
import { FolderLockedError } from '../../src/store/folderLock.js';
import { headerLength } from '../../src/store/frame.js';
import type { Journal } from '../../src/store/journal.js';
import { JournalDamagedError } from '../../src/store/segment.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'journal-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function opened(): Promise<{ journal: Journal; records: string[] }> {
  const records: string[] = [];
  const journal = await openFileJournal(folder, (payload, seq) => {
    records.push(payload);
    expect(seq).toBe(records.length);
  });
  return { journal, records };
}

/** Writes records, each synced on its own, and closes. */
async function written(...payloads: string[]): Promise<void> {
  const { journal } = await opened();
  for (const payload of payloads) await journal.durable(journal.append(payload));
  await journal.close();
}

async function recordsAfterOpening(): Promise<string[]> {
  const { journal, records } = await opened();
  await journal.close();
  return records;
}

const segments = (): string[] => readdirSync(folder).filter((name) => name.startsWith('journal-'));
const lastSegment = (): string => path.join(folder, segments().sort().at(-1) ?? '');

/** Length of the file up to where nothing but whole records stands, without the marker at the end. */
const withoutMarkers = (count: number, payloads: readonly string[]): number =>
  payloads.slice(0, count).reduce((sum, payload) => sum + 2 * headerLength + Buffer.byteLength(payload), 0);

describe('a journal in files', () => {
  it('gives back every record in its order, of any length and script', async () => {
    const payloads = ['a', '', 'žluťoučký 🚗', 'x'.repeat(9_000_000), '{"b":1}'].filter((payload) => payload !== '');
    await written(...payloads);

    expect(await recordsAfterOpening()).toEqual(payloads);
  });

  it('goes on counting where it stopped', async () => {
    await written('one', 'two');
    const { journal } = await opened();

    expect(journal.append('three')).toBe(3);
    await journal.close();
    expect(await recordsAfterOpening()).toEqual(['one', 'two', 'three']);
  });

  it('lets many records share a sync', async () => {
    const { journal } = await opened();
    const all = Array.from({ length: 500 }, (_, index) => journal.append(`record ${index}`));
    await Promise.all(all.map((seq) => journal.durable(seq)));
    await journal.close();

    // One header a record and one marker: had each been synced on its own, there would be a marker for each.
    const bytes = all.reduce((sum, _, index) => sum + headerLength + `record ${index}`.length, 0);
    expect(statSync(lastSegment()).size).toBe(bytes + headerLength);
  });

  it('keeps what is private to its owner', async () => {
    await written('secret');

    expect(statSync(lastSegment()).mode & 0o077).toBe(0);
  });
});

describe('a torn write', () => {
  const payloads = ['first record', 'second record'];

  it.each([1, 5, headerLength - 1, headerLength, headerLength + 3])(
    'is cut off when %i bytes of the last record are there',
    async (bytes) => {
      await written(...payloads);
      truncateSync(lastSegment(), withoutMarkers(1, payloads) + bytes);

      expect(await recordsAfterOpening()).toEqual(['first record']);
      // What was cut off does not come back, and new records follow what holds.
      await written('third');
      expect(await recordsAfterOpening()).toEqual(['first record', 'third']);
    },
  );

  it('is cut off when the file was lengthened but not filled', async () => {
    await written(...payloads);
    appendFileSync(lastSegment(), Buffer.alloc(5000));

    expect(await recordsAfterOpening()).toEqual(payloads);
  });

  it('is cut off when one write of several records reached the disk in part', async () => {
    await written('safe');
    const { journal } = await opened();
    // Three records of one write; nothing after them says that they were synced.
    const last = [journal.append('one'), journal.append('two'), journal.append('three')].at(-1) ?? 0;
    await journal.durable(last);
    await journal.close();
    const file = lastSegment();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('one');
    bytes.fill(0, at - headerLength, at + 3);
    // Without the marker that follows a sync.
    writeFileSync(file, bytes.subarray(0, bytes.length - headerLength));

    expect(await recordsAfterOpening()).toEqual(['safe']);
  });
});

describe('damage', () => {
  const payloads = Array.from({ length: 20 }, (_, index) => `record number ${index}`);

  it('in the middle is refused, with file and place, and nothing is changed', async () => {
    await written(...payloads);
    const file = lastSegment();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('record number 7');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);

    await expect(opened()).rejects.toThrow(JournalDamagedError);
    await expect(opened()).rejects.toThrow(`${file} is damaged at byte ${at - headerLength}`);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('of the last record that was synced is refused, not taken for a torn write', async () => {
    await written(...payloads);
    const file = lastSegment();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('record number 19');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);

    await expect(opened()).rejects.toThrow(JournalDamagedError);
  });

  it('that takes a record away whole is refused', async () => {
    await written(...payloads);
    const file = lastSegment();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('record number 3') - headerLength;
    const length = headerLength + 'record number 3'.length;
    writeFileSync(file, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]));

    await expect(opened()).rejects.toThrow('record 4 is missing');
  });

  it('at every single byte of the middle is never silently accepted', async () => {
    await written('one', 'two', 'three', 'four');
    const file = lastSegment();
    const good = readFileSync(file);
    const end = good.indexOf('three');
    for (let at = 0; at < end; at += 1) {
      const bytes = Buffer.from(good);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
      writeFileSync(file, bytes);
      // A marker before the damage may go: it holds nothing.
      const outcome = await opened().then(
        async ({ journal, records }) => {
          await journal.close();
          return records;
        },
        (error: unknown) => error,
      );
      expect(outcome, `byte ${at}`).toBeInstanceOf(JournalDamagedError);
    }
  });

  it('leaves the folder free for another try', async () => {
    await written(...payloads);
    const file = lastSegment();
    const good = readFileSync(file);
    const bytes = Buffer.from(good);
    bytes.writeUInt8(0, 30);
    writeFileSync(file, bytes);
    await expect(opened()).rejects.toThrow(JournalDamagedError);
    writeFileSync(file, good);

    expect(await recordsAfterOpening()).toEqual(payloads);
  });
});

describe('the folder', () => {
  it('belongs to one journal at a time', async () => {
    const { journal } = await opened();

    await expect(opened()).rejects.toThrow(FolderLockedError);
    await expect(opened()).rejects.toThrow(`in use by process ${process.pid}`);
    await journal.close();
    await (await opened()).journal.close();
  });

  it('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    writeFileSync(path.join(folder, 'lock'), JSON.stringify({ pid: child.pid, started: '1' }));

    expect(await recordsAfterOpening()).toEqual([]);
  });

  it('is taken over from a process whose number another one has now', async () => {
    writeFileSync(path.join(folder, 'lock'), JSON.stringify({ pid: process.ppid, started: '1' }));

    expect(await recordsAfterOpening()).toEqual([]);
  });

  it('is held by one only, when many take over a stale lock at once', async () => {
    writeFileSync(path.join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, started: '1' }));
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => opened()));
    const held = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value.journal] : []));

    expect(held).toHaveLength(1);
    for (const journal of held) await journal.close();
  });
});

describe('segments', () => {
  it('before a rotation are needed until they are dropped', async () => {
    const { journal } = await opened();
    journal.append('old');
    await journal.rotate();
    journal.append('new');
    await journal.close();

    expect(segments()).toHaveLength(2);
    expect(await recordsAfterOpening()).toEqual(['old', 'new']);
  });

  it('that were dropped are gone, and numbers go on', async () => {
    const { journal } = await opened();
    journal.append('old');
    await journal.rotate();
    const seq = journal.append('new');
    await journal.dropOldSegments();
    const bytes = journal.bytes;
    await journal.close();
    const records: [string, number][] = [];
    await (await openFileJournal(folder, (payload, number) => records.push([payload, number]))).close();

    expect(segments()).toHaveLength(1);
    expect(records).toEqual([['new', seq]]);
    expect(bytes).toBeLessThan(4 * headerLength);
  });

  it('but the last must be whole', async () => {
    const { journal } = await opened();
    journal.append('old');
    await journal.rotate();
    journal.append('new');
    await journal.close();
    const [first = ''] = segments().sort();
    truncateSync(path.join(folder, first), 10);

    await expect(opened()).rejects.toThrow(JournalDamagedError);
  });
});

describe('a killed process', () => {
  it('loses nothing that it was told is safe', async () => {
    const script = fileURLToPath(new URL('writeUntilKilled.mjs', import.meta.url));
    let total = 0;
    for (let round = 0; round < 4; round += 1) {
      const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (part: Buffer) => (said += part.toString()));
      while (said.split('\n').length < 40 + round * 17) await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const safe = Number(said.trimEnd().split('\n').at(-1));
      const records = await recordsAfterOpening();
      total = records.length;

      expect(records.length).toBeGreaterThanOrEqual(safe);
      expect(records).toEqual(records.map((_, index) => `record ${index + 1}`));
    }
    expect(total).toBeGreaterThan(100);
  });
});

describe('a journal that is counted', () => {
  const said: string[] = [];
  const count = (): string => `${folder}.count`;
  beforeEach(() => said.splice(0));
  afterEach(() => rm(count(), { force: true }));

  const open = async (): Promise<{ journal: Journal; records: string[] }> => {
    const records: string[] = [];
    const counting = { file: count(), missing: (text: string) => void said.push(text) };
    return { journal: await openFileJournal(folder, (payload) => records.push(payload), counting), records };
  };
  const write = async (...payloads: string[]): Promise<void> => {
    const { journal } = await open();
    for (const payload of payloads) await journal.durable(journal.append(payload));
    await journal.close();
  };
  const reopened = async (): Promise<string[]> => {
    const { journal, records } = await open();
    await journal.close();
    return records;
  };

  it('says nothing where all is there, after a torn write too', async () => {
    await write('a', 'b');
    expect(await reopened()).toEqual(['a', 'b']);
    appendFileSync(lastSegment(), Buffer.from([0x9e, 0x4a, 0x72]));
    expect(await reopened()).toEqual(['a', 'b']);
    expect(said).toEqual([]);
  });

  it('says how many records are missing when its end was cut off, once', async () => {
    await write('a', 'b', 'c', 'd');
    truncateSync(lastSegment(), withoutMarkers(1, ['a']));
    expect(await reopened()).toEqual(['a']);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`${folder} is not complete: the last 3 of 4 records are missing`);
    expect(await reopened()).toEqual(['a']);
    expect(said).toHaveLength(1);
  });

  it.each([
    ['its file', () => rm(lastSegment())],
    ['its folder', () => rm(folder, { recursive: true, maxRetries: 5 })],
    ['all that was in its file', () => Promise.resolve(truncateSync(lastSegment(), 0))],
  ])('says that everything is missing when %s is gone', async (_, takeAway) => {
    await write('a', 'b');
    await takeAway();
    expect(await reopened()).toEqual([]);
    expect(said[0]).toContain('all 2 records are missing');
  });

  it('says which segments are missing when older ones are gone that are needed', async () => {
    const { journal } = await open();
    await journal.durable(journal.append('a'));
    await journal.rotate();
    await journal.durable(journal.append('b'));
    await journal.close();
    await rm(path.join(folder, 'journal-000001.log'));
    expect(await reopened()).toEqual(['b']);
    expect(said[0]).toContain('segments 1 to 1 are missing');
  });

  it('says nothing when older segments were dropped', async () => {
    const { journal } = await open();
    await journal.durable(journal.append('a'));
    await journal.rotate();
    await journal.durable(journal.append('b'));
    await journal.dropOldSegments();
    await journal.close();
    expect(await reopened()).toEqual(['b']);
    expect(said).toEqual([]);
  });
});
