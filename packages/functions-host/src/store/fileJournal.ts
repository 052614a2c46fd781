/**
 * A journal in files. Records that are appended during a sync share the next one. A record is safe when fdatasync has
 * returned. It is written immediately, so a killed process loses nothing that was appended before the last write. If
 * the disk is full, a partial write is cut off, and the records stay in memory until there is space.
 */
import { mkdir, open, rm, stat, truncate, type FileHandle } from 'node:fs/promises';

import { AppendedFile, isNoSpace } from '@connected-registry/clock/files/appendedFile';
import { lockFolder, type FolderLock } from './folderLock.js';
import { encodeFrame } from './frame.js';
import { JournalCount, missingOf } from './journalCount.js';
import type { Journal, RecordReader } from './journal.js';
import { readSegment, segmentNumbers, segmentPath } from './segment.js';
import { syncFolder } from './syncFolder.js';

/** Milliseconds until the next attempt after a write that found no space. */
const TRY_AGAIN = 500;

interface Waiter {
  readonly seq: number;
  /** Whether it waits for as long as the disk is full. */
  readonly patient: boolean;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Opens the journal of a folder, and creates both if they do not exist: locks the folder, passes every record to
 * `read`, and cuts off a torn write.
 * @param counting where the number of records is kept, and who is notified if fewer exist, before the count changes
 * @throws FolderLockedError, JournalDamagedError
 */
export async function openFileJournal(
  folder: string,
  read: RecordReader,
  counting?: { readonly file: string; readonly missing: (text: string) => void | Promise<void> },
): Promise<Journal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  try {
    const numbers = await segmentNumbers(folder);
    // A kill during `rotate` may leave an empty segment behind one that was still written.
    const lastUsed = await lastWithContents(folder, numbers);
    let seq = 0;
    let oldBytes = 0;
    for (const [index, number] of numbers.entries()) {
      const file = segmentPath(folder, number);
      const last = index >= lastUsed;
      const end = await readSegment(file, { last, after: seq }, read);
      seq = end.seq;
      if (last && (await stat(file)).size > end.length) await truncate(file, end.length);
      oldBytes += end.length;
    }
    const count = counting && new JournalCount(counting.file);
    const missing = missingOf(folder, count?.read(), { seq, oldest: numbers[0] });
    if (missing !== undefined) await counting?.missing(missing);
    const current = numbers.at(-1) ?? 1;
    const handle = await openSegment(folder, current);
    const { size } = await handle.stat();
    return new FileJournal({
      folder,
      lock,
      handle,
      length: size,
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

/** The index of the last segment that is not empty; -1 if there is none. */
async function lastWithContents(folder: string, numbers: readonly number[]): Promise<number> {
  for (let index = numbers.length - 1; index >= 0; index -= 1)
    if ((await stat(segmentPath(folder, numbers[index] ?? 0))).size > 0) return index;
  return -1;
}

/** Opens a segment for appending, and ensures that its name is on disk. */
async function openSegment(folder: string, number: number): Promise<FileHandle> {
  const file = segmentPath(folder, number);
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.datasync();
    await syncFolder(folder);
    return handle;
  } catch (error) {
    await handle.close();
    // An empty segment would make the previous one look finished.
    if ((await stat(file)).size === 0) await rm(file, { force: true });
    throw error;
  }
}

class FileJournal implements Journal {
  onFailure: ((error: Error) => void) | undefined;
  onSpace: ((error: Error | undefined) => void) | undefined;
  readonly #folder: string;
  readonly #lock: FolderLock;
  #handle: FileHandle;
  #file: AppendedFile;
  #numbers: number[];
  #seq: number;
  #durable: number;
  readonly #count: JournalCount | undefined;
  #bytes: number;
  #segmentStart: number;
  #pending: Buffer[] = [];
  /** Written, but maybe not on disk yet; they start at `#syncedTo` in the file. */
  #written: Buffer[] = [];
  #syncedTo: number;
  #waiters: Waiter[] = [];
  #working: Promise<void> | undefined;
  #failure: Error | undefined;
  /** The disk is full. */
  #full: Error | undefined;
  #tryAgain: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(init: {
    folder: string;
    lock: FolderLock;
    handle: FileHandle;
    length: number;
    numbers: number[];
    seq: number;
    bytes: number;
    count: JournalCount | undefined;
  }) {
    this.#folder = init.folder;
    this.#lock = init.lock;
    this.#handle = init.handle;
    this.#file = new AppendedFile(init.handle.fd, init.length);
    this.#syncedTo = init.length;
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
    return this.#wait(seq, true);
  }

  confirmed(seq: number): Promise<void> {
    return this.#full !== undefined && seq > this.#durable ? Promise.reject(this.#full) : this.#wait(seq, false);
  }

  #wait(seq: number, patient: boolean): Promise<void> {
    if (seq <= this.#durable) return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ seq, patient, resolve, reject });
      this.#work();
    });
  }

  checkSpace(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#full === undefined) return;
    try {
      this.#write();
    } catch (error) {
      this.#writeFailed(error);
      throw this.#failure ?? this.#full;
    }
    this.#work();
  }

  async rotate(): Promise<void> {
    await this.confirmed(this.#seq);
    const number = (this.#numbers.at(-1) ?? 0) + 1;
    const old = this.#handle;
    const next = await openSegment(this.#folder, number);
    // Records that were appended in the meantime are in the previous segment, or wait for the new one.
    await this.#syncEnded();
    this.#handle = next;
    this.#file = new AppendedFile(this.#handle.fd, 0);
    this.#syncedTo = 0;
    this.#numbers.push(number);
    this.#segmentStart = this.#bytes - this.#pendingBytes();
    await old.close();
  }

  async dropOldSegments(): Promise<void> {
    await this.confirmed(this.#seq);
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
      // The last chance if the disk is full.
      if (this.#failure === undefined) this.checkSpace();
      if (this.#failure === undefined) await this.confirmed(this.#seq);
    } catch (error) {
      if (this.#failure === undefined) this.#fail(error);
      throw error;
    } finally {
      this.#closed = true;
      clearTimeout(this.#tryAgain);
      await this.#syncEnded();
      await this.#handle.close();
      this.#count?.close();
      await this.#lock.release();
    }
  }

  #pendingBytes(): number {
    return this.#pending.reduce((sum, frame) => sum + frame.length, 0);
  }

  /** Waits until no sync is in progress. */
  async #syncEnded(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  #work(): void {
    if (this.#working !== undefined || this.#failure !== undefined) return;
    this.#working = this.#sync().finally(() => {
      this.#working = undefined;
      // If the disk is full, the next attempt has its own timer.
      if (this.#pending.length > 0 && this.#full === undefined) this.#work();
    });
  }

  async #sync(): Promise<void> {
    // Include the records that the current callbacks append.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length + this.#written.length > 0 && this.#failure === undefined) {
      const upTo = this.#seq;
      try {
        this.#write();
        await this.#handle.datasync();
      } catch (error) {
        this.#writeFailed(error);
        return;
      }
      this.#written = [];
      this.#syncedTo = this.#file.length;
      this.#durable = upTo;
      this.#counted();
      const done = this.#waiters.filter(({ seq }) => seq <= upTo);
      this.#waiters = this.#waiters.filter(({ seq }) => seq > upTo);
      for (const waiter of done) waiter.resolve();
    }
    // Marks the last records as on disk, so that later damage to them does not count as a torn write.
    if (this.#failure === undefined) this.#mark();
  }

  /** If the count cannot be written, less is detected next time, but the records are safe. */
  #counted(): void {
    try {
      this.#count?.write({ seq: this.#durable, oldest: this.#numbers[0] ?? 1 });
    } catch {
      // Reported when the journal itself cannot be written.
    }
  }

  #mark(): void {
    const frame = encodeFrame(this.#seq, this.#durable, '');
    try {
      this.#file.append(frame);
      this.#bytes += frame.length;
    } catch (error) {
      // Without space there is no mark, but the records are safe.
      if (!isNoSpace(error)) this.#fail(error);
    }
  }

  /** Writes without waiting for the disk; the page cache accepts it in microseconds. */
  #write(): void {
    const frames = this.#pending;
    this.#file.append(frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames));
    this.#pending = [];
    this.#written.push(...frames);
    if (this.#full === undefined) return;
    this.#full = undefined;
    this.onSpace?.(undefined);
  }

  /** A full disk is temporary: callers that wait for an answer get the error, and everything else waits for space. */
  #writeFailed(cause: unknown): void {
    if (!isNoSpace(cause)) return this.#fail(cause);
    try {
      // Records whose sync failed may be on disk or not, so they are written again.
      if (this.#written.length > 0) this.#file.cutTo(this.#syncedTo);
    } catch (error) {
      return this.#fail(error);
    }
    this.#pending = [...this.#written, ...this.#pending];
    this.#written = [];
    const isNews = this.#full === undefined;
    const error = this.#errorOf(cause);
    this.#full = error;
    const hurried = this.#waiters.filter(({ patient }) => !patient);
    this.#waiters = this.#waiters.filter(({ patient }) => patient);
    for (const waiter of hurried) waiter.reject(error);
    if (isNews) this.onSpace?.(error);
    clearTimeout(this.#tryAgain);
    this.#tryAgain = setTimeout(() => this.#work(), TRY_AGAIN).unref();
  }

  #fail(cause: unknown): void {
    const error = this.#errorOf(cause);
    this.#failure = error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    this.onFailure?.(error);
  }

  #errorOf(cause: unknown): Error {
    if (cause instanceof Error && cause === this.#full) return cause;
    return new Error(
      `The journal in ${this.#folder} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
