import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openFileJournal } from '../../src/store/fileJournal.js';
import { FolderLockedError } from '../../src/store/folderLock.js';
import { headerLength } from '../../src/store/frame.js';
import { JournalDamagedError } from '../../src/store/segment.js';
import { JournalUnderTest } from './journalUnderTest.js';

let tested: JournalUnderTest;
beforeEach(async () => {
  tested = await JournalUnderTest.create();
});
afterEach(() => tested.dispose());

describe('a journal in files', () => {
  it('returns every record in order, of any length and script', async () => {
    const payloads = ['a', '', 'žluťoučký 🚗', 'x'.repeat(9_000_000), '{"b":1}'].filter((payload) => payload !== '');
    await tested.write(payloads);

    expect(await tested.read()).toEqual(payloads);
  });

  it('continues its numbers after it is opened again', async () => {
    await tested.write(['one', 'two']);
    const { journal } = await tested.open();

    expect(journal.append('three')).toBe(3);
    await journal.close();
    expect(await tested.read()).toEqual(['one', 'two', 'three']);
  });

  it('writes many records with one sync', async () => {
    const { journal } = await tested.open();
    const all = Array.from({ length: 500 }, (_, index) => journal.append(`record ${index}`));
    await Promise.all(all.map((seq) => journal.durable(seq)));
    await journal.close();

    // One header a record and one marker: had each been synced on its own, there would be a marker for each.
    const bytes = all.reduce((sum, _, index) => sum + headerLength + `record ${index}`.length, 0);
    expect(statSync(tested.lastSegment()).size).toBe(bytes + headerLength);
  });

  it('is readable by its owner only', async () => {
    await tested.write(['secret']);

    expect(statSync(tested.lastSegment()).mode & 0o077).toBe(0);
  });
});

describe('the folder', () => {
  it('belongs to one journal at a time', async () => {
    const { journal } = await tested.open();

    await expect(tested.open()).rejects.toThrow(FolderLockedError);
    await expect(tested.open()).rejects.toThrow(`in use by process ${process.pid}`);
    await journal.close();
    await (await tested.open()).journal.close();
  });

  it('with a lock that cannot be read is refused with the reason', async () => {
    mkdirSync(path.join(tested.folder, 'lock'));

    await expect(tested.open()).rejects.toThrow('EISDIR');
  });

  it('is taken over from a process that has ended', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    writeFileSync(path.join(tested.folder, 'lock'), JSON.stringify({ pid: child.pid, started: '1' }));

    expect(await tested.read()).toEqual([]);
  });

  it('is taken over from a process whose id another process has now', async () => {
    writeFileSync(path.join(tested.folder, 'lock'), JSON.stringify({ pid: process.ppid, started: '1' }));

    expect(await tested.read()).toEqual([]);
  });

  it('is held by only one of many that take over a stale lock at once', async () => {
    writeFileSync(path.join(tested.folder, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, started: '1' }));
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => tested.open()));
    const held = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value.journal] : []));

    expect(held).toHaveLength(1);
    for (const journal of held) await journal.close();
  });
});

describe('segments', () => {
  it('before a rotation are read until they are dropped', async () => {
    const { journal } = await tested.open();
    journal.append('old');
    await journal.rotate();
    journal.append('new');
    await journal.close();

    expect(tested.segments()).toHaveLength(2);
    expect(await tested.read()).toEqual(['old', 'new']);
  });

  it('that were dropped are gone, and the numbers continue', async () => {
    const { journal } = await tested.open();
    journal.append('old');
    await journal.rotate();
    const seq = journal.append('new');
    await journal.dropOldSegments();
    const bytes = journal.bytes;
    await journal.close();
    const records: [string, number][] = [];
    await (await openFileJournal(tested.folder, (payload, number) => records.push([payload, number]))).close();

    expect(tested.segments()).toHaveLength(1);
    expect(records).toEqual([['new', seq]]);
    expect(bytes).toBeLessThan(4 * headerLength);
  });

  it('before the last one must be complete', async () => {
    const { journal } = await tested.open();
    journal.append('old');
    await journal.rotate();
    journal.append('new');
    await journal.close();
    const [first = ''] = tested.segments();
    truncateSync(path.join(tested.folder, first), 10);

    await expect(tested.open()).rejects.toThrow(JournalDamagedError);
  });
});

describe('a killed process', () => {
  it('loses no record that was confirmed', async () => {
    const script = fileURLToPath(new URL('writeUntilKilled.mjs', import.meta.url));
    let total = 0;

    for (let round = 0; round < 4; round += 1) {
      const child = spawn(process.execPath, [script, tested.folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (part: Buffer) => (said += part.toString()));
      while (said.split('\n').length < 40 + round * 17) await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const safe = Number(said.trimEnd().split('\n').at(-1));
      const records = await tested.read();
      total = records.length;

      expect(records.length).toBeGreaterThanOrEqual(safe);
      expect(records).toEqual(records.map((_, index) => `record ${index + 1}`));
    }

    expect(total).toBeGreaterThan(100);
  });
});
