import { cpSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { AppendedFile } from '@connected-registry/clock/files/appendedFile';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ArchiveDamagedError, FileArchive, type Place } from '../../src/store/archive.js';

let folder: string;
const opened: FileArchive[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'archive-'));
});
afterEach(async () => {
  for (const archive of opened.splice(0)) await archive.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function open(places: readonly Place[], segmentLength?: number): Promise<FileArchive> {
  const archive = new FileArchive(folder, segmentLength === undefined ? undefined : { segmentLength });
  opened.push(archive);
  await archive.open(places);
  return archive;
}

const payloads = (...texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'utf8'));
const files = (): string[] => readdirSync(folder).toSorted();
const fileOf = ({ segment }: Pick<Place, 'segment'>): string => path.join(folder, files()[segment - 1] ?? '');

/** Writes records to a new archive, and closes it. */
async function written(texts: readonly string[], segmentLength?: number): Promise<Place[]> {
  const archive = await open([], segmentLength);
  const places: Place[] = [];
  for (const text of texts) places.push(...(await archive.append(payloads(text))));
  await archive.close();
  return places;
}

describe('an archive in files', () => {
  it('returns each record by its place, also after it was opened again', async () => {
    const texts = ['one', '', 'žluťoučký 🚗', 'x'.repeat(300_000)];
    const archive = await open([]);
    const places = await archive.append(payloads(...texts));
    expect(places.map((place) => archive.read(place).toString('utf8'))).toEqual(texts);
    await archive.close();

    const again = await open(places);
    const [added] = await again.append(payloads('later'));
    expect(places.map((place) => again.read(place).toString('utf8'))).toEqual(texts);
    expect(added === undefined ? undefined : again.read(added).toString('utf8')).toBe('later');
  });

  it('is readable by its owner only', async () => {
    await written(['secret']);
    expect(statSync(fileOf({ segment: 1 })).mode & 0o077).toBe(0);
  });

  it('begins a new file when one has its length, and continues the last one after a start', async () => {
    const places = await written(['a'.repeat(60), 'b'.repeat(60), 'c'.repeat(60)], 100);
    expect(places.map(({ segment }) => segment)).toEqual([1, 1, 2]);

    const again = await open(places, 100);
    const [next] = await again.append(payloads('d'));
    expect(next?.segment).toBe(2);
  });

  it('deletes files that nothing refers to when it is opened, and does not use their numbers again', async () => {
    const places = await written(['a'.repeat(100), 'b'.repeat(100), 'c'.repeat(100)], 100);
    const again = await open(places.slice(1, 2), 100);

    expect(files()).toEqual(['archive-000002.dat']);
    expect((await again.append(payloads('d')))[0]?.segment).toBe(4);
  });

  it('can be rid of a file while others are read', async () => {
    const archive = await open([], 100);
    const [first] = await archive.append(payloads('a'.repeat(100)));
    const [second] = await archive.append(payloads('b'.repeat(10)));
    archive.seal(1);
    await archive.remove(1);

    expect(files()).toEqual(['archive-000002.dat']);
    if (first === undefined || second === undefined) throw new Error('Two records were appended.');
    expect(archive.read(second).toString('utf8')).toBe('b'.repeat(10));
    expect(() => archive.read(first)).toThrow(ArchiveDamagedError);
  });

  it('puts nothing into a file that was sealed', async () => {
    const archive = await open([]);
    await archive.append(payloads('a'));
    archive.seal(1);
    expect((await archive.append(payloads('b')))[0]?.segment).toBe(2);
  });
});

describe('a torn write to an archive', () => {
  it('at every byte of a record that nothing refers to loses nothing, and later records are whole', async () => {
    const [first, second] = await written(['the first record', 'the second record']);
    if (first === undefined || second === undefined) throw new Error('Two records were written.');
    const whole = path.join(folder, 'whole');
    cpSync(fileOf(first), whole);
    for (let length = second.offset; length <= second.offset + second.length; length += 1) {
      cpSync(whole, path.join(folder, 'archive-000001.dat'));
      truncateSync(path.join(folder, 'archive-000001.dat'), length);
      const archive = await open([first]);
      const [third] = await archive.append(payloads('the third record'));
      if (third === undefined) throw new Error('A record was appended.');
      await archive.close();
      const again = await open([first, third]);
      expect([first, third].map((place) => again.read(place).toString('utf8'))).toEqual([
        'the first record',
        'the third record',
      ]);
      await again.close();
    }
  });

  it('at every byte of a record that the journal refers to is refused, and nothing is changed', async () => {
    const places = await written(['the first record', 'the second record']);
    const [, second] = places;
    if (second === undefined) throw new Error('Two records were written.');
    const file = fileOf(second);
    for (let length = second.offset + second.length - 1; length >= second.offset; length -= 1) {
      truncateSync(file, length);
      await expect(open(places)).rejects.toThrow(
        `${file} has ${length} bytes, and should have ${second.offset + second.length} or more: it held 2 finished instances`,
      );
      expect(statSync(file).size).toBe(length);
    }
  });
});

describe('damage to an archive', () => {
  it('is refused by name if a file is missing, and unused files stay', async () => {
    const places = await written(['a'.repeat(100), 'b'.repeat(100)], 100);
    rmSync(fileOf({ segment: 2 }));

    await expect(open(places.slice(1))).rejects.toThrow(ArchiveDamagedError);
    await expect(open(places.slice(1))).rejects.toThrow('archive-000002.dat is missing: it held 1 finished instances');
    expect(files()).toEqual(['archive-000001.dat']);
  });

  it('is detected at every byte of a record, and other records are read', async () => {
    const places = await written(['one', 'two', 'three']);
    const [first, second, third] = places;
    if (first === undefined || second === undefined || third === undefined) throw new Error('Three were written.');
    const file = fileOf(second);
    const good = readFileSync(file);
    for (let at = second.offset; at < second.offset + second.length; at += 1) {
      const bytes = Buffer.from(good);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
      writeFileSync(file, bytes);
      const archive = await open(places);
      expect(() => archive.read(second), `byte ${at}`).toThrow(`${file} is damaged at byte ${second.offset}`);
      expect([first, third].map((place) => archive.read(place).toString('utf8'))).toEqual(['one', 'three']);
      await archive.close();
    }
  });
});

describe('an archive on a full disk', () => {
  const noSpace = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  const fill = (): void => {
    vi.spyOn(AppendedFile.prototype, 'append').mockImplementation(() => {
      throw noSpace;
    });
  };
  afterEach(() => vi.restoreAllMocks());

  it('leaves no file and no open one for each attempt', async () => {
    const archive = await open([]);
    fill();
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(archive.append(payloads('a'))).rejects.toThrow('no space left on device');
    expect([files(), [...archive.sizes()]]).toEqual([[], []]);
  });

  it('keeps the file that has records, and goes on when there is space', async () => {
    const archive = await open([]);
    const [first] = await archive.append(payloads('a'));
    fill();
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(archive.append(payloads('b'))).rejects.toThrow('no space left on device');
    expect(files()).toEqual(['archive-000001.dat']);
    vi.restoreAllMocks();

    const [second] = await archive.append(payloads('c'));
    if (!first || !second) throw new Error('no places');
    expect([first, second].map((place) => archive.read(place).toString('utf8'))).toEqual(['a', 'c']);
  });
});
