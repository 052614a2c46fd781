/**
 * A journal in files. Records that are appended while a sync is under way share the next one. A record counts as safe when
 * fdatasync has returned; written it is at once, so a killed process loses nothing that was appended before the last write.
 */
import { writeSync } from 'node:fs';
import { mkdir, open, rm, stat, truncate, type FileHandle } from 'node:fs/promises';

import { lockFolder, type FolderLock } from './folderLock.js';
import { encodeFrame } from './frame.js';
import { JournalCount, missingOf } from './journalCount.js';
import type { Journal, RecordReader } from './journal.js';
import { readSegment, segmentNumbers, segmentPath } from './segment.js';

interface Waiter {
  readonly seq: number;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Opens the journal of a folder, making both when they are absent: locks the folder, hands every record to `read`, cuts a torn
 * write off.
 * @param counting where the number of records is kept, and who is told when fewer are there
 * @throws FolderLockedError, JournalDamagedError
 */
export async function openFileJournal(
  folder: string,
  read: RecordReader,
  counting?: { readonly file: string; readonly missing: (text: string) => void },
): Promise<Journal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  try {
    const numbers = await segmentNumbers(folder);
    let seq = 0;
    let oldBytes = 0;
    for (const [index, number] of numbers.entries()) {
      const file = segmentPath(folder, number);
      const last = index === numbers.length - 1;
      const end = await readSegment(file, { last, after: seq }, read);
      seq = end.seq;
      if (last && (await stat(file)).size > end.length) await truncate(file, end.length);
      oldBytes += end.length;
    }
    const count = counting && new JournalCount(counting.file);
    const missing = missingOf(folder, count?.read(), { seq, oldest: numbers[0] });
    if (missing !== undefined) counting?.missing(missing);
    const current = numbers.at(-1) ?? 1;
    const handle = await openSegment(folder, current);
    return new FileJournal({
      folder,
      lock,
      handle,
      numbers: numbers.length === 0 ? [1] : numbers,
      seq,
      bytes: oldBytes,
      count,
    });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Opens a segment for appending, and makes sure that its name is on disk. */
async function openSegment(folder: string, number: number): Promise<FileHandle> {
  const file = segmentPath(folder, number);
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.datasync();
    await syncFolder(folder);
    return handle;
  } catch (error) {
    await handle.close();
    // An empty one would make the segment before it look finished.
    if ((await stat(file)).size === 0) await rm(file, { force: true });
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  // Not every platform can sync a folder.
  await handle.sync().catch(() => undefined);
  await handle.close();
}

class FileJournal implements Journal {
  onFailure: ((error: Error) => void) | undefined;
  readonly #folder: string;
  readonly #lock: FolderLock;
  #handle: FileHandle;
  #numbers: number[];
  #seq: number;
  #durable: number;
  readonly #count: JournalCount | undefined;
  #bytes: number;
  #segmentStart: number;
  #pending: Buffer[] = [];
  #waiters: Waiter[] = [];
  #working: Promise<void> | undefined;
  #failure: Error | undefined;
  #closed = false;

  constructor(init: {
    folder: string;
    lock: FolderLock;
    handle: FileHandle;
    numbers: number[];
    seq: number;
    bytes: number;
    count: JournalCount | undefined;
  }) {
    this.#folder = init.folder;
    this.#lock = init.lock;
    this.#handle = init.handle;
    this.#numbers = init.numbers;
    this.#seq = init.seq;
    this.#durable = init.seq;
    this.#bytes = init.bytes;
    this.#segmentStart = 0;
    this.#count = init.count;
    if (init.seq > 0) this.#counted();
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(payload: string): number {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) throw new Error('The journal is closed.');
    this.#seq += 1;
    const frame = encodeFrame(this.#seq, this.#durable, payload);
    this.#pending.push(frame);
    this.#bytes += frame.length;
    this.#work();
    return this.#seq;
  }

  durable(seq: number): Promise<void> {
    if (seq <= this.#durable) return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ seq, resolve, reject });
      this.#work();
    });
  }

  async rotate(): Promise<void> {
    await this.durable(this.#seq);
    await this.#settled();
    const number = (this.#numbers.at(-1) ?? 0) + 1;
    const old = this.#handle;
    this.#handle = await openSegment(this.#folder, number);
    this.#numbers.push(number);
    this.#segmentStart = this.#bytes - this.#pendingBytes();
    await old.close();
  }

  async dropOldSegments(): Promise<void> {
    await this.durable(this.#seq);
    const old = this.#numbers.slice(0, -1);
    this.#numbers = this.#numbers.slice(-1);
    for (const number of old) await rm(segmentPath(this.#folder, number), { force: true });
    await syncFolder(this.#folder);
    this.#bytes -= this.#segmentStart;
    this.#segmentStart = 0;
    this.#counted();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      if (this.#failure === undefined) await this.durable(this.#seq);
    } finally {
      this.#closed = true;
      await this.#settled();
      await this.#handle.close();
      this.#count?.close();
      await this.#lock.release();
    }
  }

  #pendingBytes(): number {
    return this.#pending.reduce((sum, frame) => sum + frame.length, 0);
  }

  /** Waits until no sync is under way. */
  async #settled(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  #work(): void {
    if (this.#working !== undefined || this.#failure !== undefined) return;
    this.#working = this.#sync().finally(() => {
      this.#working = undefined;
      if (this.#pending.length > 0) this.#work();
    });
  }

  async #sync(): Promise<void> {
    // Whatever the current callbacks still append goes with it.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0 && this.#failure === undefined) {
      const upTo = this.#seq;
      try {
        this.#write();
        await this.#handle.datasync();
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#durable = upTo;
      this.#counted();
      const done = this.#waiters.filter(({ seq }) => seq <= upTo);
      this.#waiters = this.#waiters.filter(({ seq }) => seq > upTo);
      for (const waiter of done) waiter.resolve();
    }
    // Says that the last records are on disk, so that later damage to them is not taken for a torn write.
    if (this.#failure === undefined) this.#mark();
  }

  /** A count that cannot be written notices less the next time; the records are safe all the same. */
  #counted(): void {
    try {
      this.#count?.write({ seq: this.#durable, oldest: this.#numbers[0] ?? 1 });
    } catch {
      // Said when the journal itself cannot be written.
    }
  }

  #mark(): void {
    const frame = encodeFrame(this.#seq, this.#durable, '');
    try {
      writeAll(this.#handle.fd, frame);
      this.#bytes += frame.length;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Writes without waiting for the disk; a page cache takes it in microseconds. */
  #write(): void {
    const frames = this.#pending;
    this.#pending = [];
    writeAll(this.#handle.fd, frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames));
  }

  #fail(cause: unknown): void {
    const error = new Error(
      `The journal in ${this.#folder} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
    this.#failure = error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.onFailure?.(error);
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(fd, bytes, offset);
}
