/**
 * Records that are written once and read by their place, beside a journal that holds the places. What no place of the
 * journal refers to does not exist: a torn write, or a record whose place was never recorded, is only unused space.
 * Therefore nothing has to be read at start, and a place may be recorded only once its record is on disk.
 *
 * A record on disk: 4 bytes length of the payload, 4 bytes CRC-32 of it, the payload.
 */
import { readSync } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';

import { AppendedFile } from '@connected-registry/clock/files/appendedFile';
import { syncFolder } from './syncFolder.js';

/** Where a record is. */
export interface Place {
  /** Number of the file. */
  readonly segment: number;
  readonly offset: number;
  /** With its header, bytes. */
  readonly length: number;
}

/** Records that the journal refers to are missing or changed. The message names the file, and says what to do. */
export class ArchiveDamagedError extends Error {
  override readonly name = 'ArchiveDamagedError';
}

interface Segment {
  readonly path: string;
  readonly handle: FileHandle;
  /** Bytes of it that are used or wasted. */
  length: number;
}

const headerLength = 8;

/** Length from which a new file is started, so that a file that is mostly unused can be replaced in reasonable time. */
const segmentLength = 64 * 1024 * 1024;

const cure = 'Put a copy of the whole folder in its place, or delete the data folder to start empty.';

/** An archive in files. The journal in the same folder locks it. */
export class FileArchive {
  readonly #folder: string;
  readonly #segmentLength: number;
  readonly #segments = new Map<number, Segment>();
  /** The last number that was ever used, as far as known. */
  #last = 0;
  /** Files that are neither removed nor added to, because records of the journal that refer to them may come back. */
  #held: ReadonlySet<number> = new Set();
  /** The segment that takes new records. */
  #current: { readonly number: number; readonly file: AppendedFile } | undefined;

  /** @param options for tests: the length from which a new file is started, bytes */
  constructor(folder: string, options?: { readonly segmentLength: number }) {
    this.#folder = folder;
    this.#segmentLength = options === undefined ? segmentLength : options.segmentLength;
  }

  /**
   * Holds all files that exist, because records of the journal are missing: if they are put back, they refer to these.
   * It is noted on disk, so that it is true of later starts too, which do not miss the records any more. Call it before
   * `open`.
   * @throws the system's error; then nothing was changed
   */
  async hold(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const held = new Set([...(await this.#readHeld()), ...(await this.#numbers())]);
    if (held.size === 0) return;
    const draft = `${this.heldFile}.new`;
    await writeFile(draft, `${[...held].join('\n')}\n`, { mode: 0o600, flush: true });
    await rename(draft, this.heldFile);
    await syncFolder(this.#folder);
  }

  /** The file that says which files are held. Whoever deletes it lets the host delete those that it does not need. */
  get heldFile(): string {
    return path.join(this.#folder, 'archive-held.txt');
  }

  /** Whether a file is held. */
  isHeld(number: number): boolean {
    return this.#held.has(number);
  }

  /** Number of the files that are held. */
  get heldCount(): number {
    return this.#held.size;
  }

  /**
   * Opens the files and deletes those that are neither needed nor held. Call it when the journal has been read and is
   * on disk.
   * @param places all that the journal refers to
   * @throws ArchiveDamagedError if a place is not in a file; then nothing is changed
   */
  async open(places: Iterable<Place>): Promise<void> {
    const needed = new Map<number, { end: number; count: number }>();
    for (const { segment, offset, length } of places) {
      const seen = needed.get(segment);
      const end = Math.max(offset + length, seen === undefined ? 0 : seen.end);
      needed.set(segment, { end, count: (seen === undefined ? 0 : seen.count) + 1 });
    }
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#held = await this.#readHeld();
    try {
      const unused: string[] = [];
      for (const number of await this.#numbers()) {
        this.#last = Math.max(this.#last, number);
        if (needed.has(number)) await this.#open(number);
        else if (!this.#held.has(number)) unused.push(this.#path(number));
      }
      for (const [number, { end, count }] of needed) {
        const segment = this.#segments.get(number);
        if (segment !== undefined && segment.length >= end) continue;
        const what =
          segment === undefined ? 'is missing' : `has ${segment.length} bytes, and should have ${end} or more`;
        throw new ArchiveDamagedError(
          `${this.#path(number)} ${what}: it held ${count} finished instances. Nothing was changed. ${cure}`,
        );
      }
      for (const file of unused) await rm(file, { force: true });
      const youngest = this.#segments.get(this.#last);
      if (youngest !== undefined && youngest.length < this.#segmentLength && !this.#held.has(this.#last))
        this.#continue(this.#last, youngest);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Bytes of each file, used or not, by its number. */
  *sizes(): Generator<readonly [number, number]> {
    for (const [number, { length }] of this.#segments) yield [number, length];
  }

  /**
   * Appends records, and resolves when they are on disk. Wait for it before the next call.
   * @returns their places, in the same order
   * @throws the system's error; nothing that was passed may be referred to then
   */
  async append(payloads: readonly Buffer[]): Promise<Place[]> {
    if (this.#current !== undefined && this.#current.file.length >= this.#segmentLength) this.#current = undefined;
    const { number, file } = this.#current ?? (await this.#begin());
    const segment = this.#segments.get(number);
    if (segment === undefined) throw new Error(`The archive in ${this.#folder} is closed.`);
    let offset = file.length;
    try {
      file.append(Buffer.concat(payloads.flatMap((payload) => [headerOf(payload), payload])));
      segment.length = file.length;
      await segment.handle.datasync();
    } catch (error) {
      // A sync that failed says nothing about what follows in the same file.
      this.#current = undefined;
      // Nothing refers to a file that was started for these records. On a full disk there would be one more each time.
      if (offset === 0) await this.remove(number).catch(() => undefined);
      throw error;
    }
    return payloads.map((payload) => {
      const place = { segment: number, offset, length: headerLength + payload.length };
      offset += place.length;
      return place;
    });
  }

  /**
   * Reads a record. It is read at once, so that no file can be removed in between.
   * @returns its payload
   * @throws ArchiveDamagedError
   */
  read({ segment: number, offset, length }: Place): Buffer {
    const segment = this.#segments.get(number);
    if (segment === undefined) throw new ArchiveDamagedError(`${this.#path(number)} is missing. ${cure}`);
    const record = Buffer.allocUnsafe(length);
    let got = 0;
    while (got < length) {
      const count = readSync(segment.handle.fd, record, got, length - got, offset + got);
      if (count === 0) break;
      got += count;
    }
    const payload = record.subarray(headerLength);
    if (got < length || headerOf(payload).compare(record, 0, headerLength) !== 0)
      throw new ArchiveDamagedError(
        `${segment.path} is damaged at byte ${offset}: its checksum does not hold. ${cure}`,
      );
    return payload;
  }

  /** Lets new records go to a new file, so that this one can be removed. */
  seal(number: number): void {
    if (this.#current?.number === number) this.#current = undefined;
  }

  /** Removes a sealed file. No place of the journal, as it is on disk, may refer to it. */
  async remove(number: number): Promise<void> {
    const segment = this.#segments.get(number);
    if (segment === undefined) return;
    this.#segments.delete(number);
    await segment.handle.close();
    await rm(segment.path, { force: true });
  }

  /** Closes the files. Call it before the journal unlocks the folder. */
  async close(): Promise<void> {
    this.#current = undefined;
    const segments = [...this.#segments.values()];
    this.#segments.clear();
    for (const { handle } of segments) await handle.close();
  }

  #path(number: number): string {
    return path.join(this.#folder, `archive-${String(number).padStart(6, '0')}.dat`);
  }

  /** An unreadable line is passed over: the file has been edited by hand. */
  async #readHeld(): Promise<ReadonlySet<number>> {
    try {
      const text = await readFile(this.heldFile, 'utf8');
      return new Set(text.split('\n').flatMap((line) => (/^\d+$/.test(line) ? [Number(line)] : [])));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Set();
      throw error;
    }
  }

  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#folder);
    return names
      .flatMap((name) => {
        const match = /^archive-(\d{6,})\.dat$/.exec(name);
        return match === null ? [] : [Number(match[1])];
      })
      .sort((a, b) => a - b);
  }

  /** Opens a file for reading and appending. */
  async #open(number: number): Promise<Segment> {
    const file = this.#path(number);
    const handle = await open(file, 'a+', 0o600);
    const segment = { path: file, handle, length: (await handle.stat()).size };
    this.#segments.set(number, segment);
    return segment;
  }

  async #begin(): Promise<{ number: number; file: AppendedFile }> {
    this.#last += 1;
    const segment = await this.#open(this.#last);
    try {
      await syncFolder(this.#folder);
    } catch (error) {
      await this.remove(this.#last).catch(() => undefined);
      throw error;
    }
    return this.#continue(this.#last, segment);
  }

  #continue(number: number, { handle, length }: Segment): { number: number; file: AppendedFile } {
    const current = { number, file: new AppendedFile(handle.fd, length) };
    this.#current = current;
    return current;
  }
}

function headerOf(payload: Buffer): Buffer {
  const header = Buffer.allocUnsafe(headerLength);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(crc32(payload), 4);
  return header;
}
