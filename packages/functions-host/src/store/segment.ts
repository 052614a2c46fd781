/** The files of a journal: their names, and how one is read. */
import { open, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { decodeFrame, headerLength, nextMark } from './frame.js';
import type { RecordReader } from './journal.js';

const chunkLength = 4 * 1024 * 1024;

/**
 * The journal cannot be read without losing acknowledged records. The message names file and position, and says what to
 * do.
 */
export class JournalDamagedError extends Error {
  override readonly name = 'JournalDamagedError';
}

/** Where reading stopped. */
export interface SegmentEnd {
  /** Number of the last record. */
  readonly seq: number;
  /** Length of the valid part. A torn write may follow. */
  readonly length: number;
}

/** Path of a segment. */
export const segmentPath = (folder: string, number: number): string =>
  path.join(folder, `journal-${String(number).padStart(6, '0')}.log`);

/** Numbers of the segments in a folder, in order. */
export async function segmentNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((name) => {
      const match = /^journal-(\d{6,})\.log$/.exec(name);
      return match === null ? [] : [Number(match[1])];
    })
    .sort((a, b) => a - b);
}

/**
 * Reads all records of a segment. A write that was torn by the end of the process or the machine is left out; the
 * result says where it starts.
 * @param last whether it is the journal's last segment; only that one may end in a torn write
 * @param after number of the last record before this segment; 0 accepts any start
 * @throws JournalDamagedError if records that were on disk are missing or changed
 */
export async function readSegment(
  file: string,
  options: { last: boolean; after: number },
  read: RecordReader,
): Promise<SegmentEnd> {
  const handle = await open(file, 'r');
  try {
    return await new SegmentReader(file, handle, options).read(read);
  } finally {
    await handle.close();
  }
}

class SegmentReader {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #last: boolean;
  #seq: number;
  /** Position in the file of the buffer's start. */
  #start = 0;
  #buffer = Buffer.alloc(0);
  #ended = false;

  constructor(file: string, handle: FileHandle, options: { last: boolean; after: number }) {
    this.#file = file;
    this.#handle = handle;
    this.#last = options.last;
    this.#seq = options.after;
  }

  async read(read: RecordReader): Promise<SegmentEnd> {
    let offset = 0;
    for (;;) {
      const frame = decodeFrame(this.#buffer, offset);
      if (frame === 'short' && !this.#ended) {
        await this.#more(offset);
        offset = 0;
        continue;
      }
      const place = this.#start + offset;
      if (frame === 'short' && offset === this.#buffer.length) return { seq: this.#seq, length: place };
      if (frame === 'short' || frame === 'bad') return this.#stop(offset, place, 'its checksum does not hold');
      const isMarker = frame.length === headerLength;
      const expected = isMarker ? this.#seq : this.#seq + 1;
      if (this.#seq !== 0 && frame.seq !== expected)
        return this.#stop(offset, place, `record ${this.#seq + 1} is missing`);
      this.#seq = frame.seq;
      if (!isMarker) read(frame.payload.toString('utf8'), frame.seq);
      offset += frame.length;
    }
  }

  /** Reads on. Bytes before the offset are no longer needed. */
  async #more(offset: number): Promise<void> {
    const rest = this.#buffer.subarray(offset);
    const chunk = Buffer.allocUnsafe(Math.max(chunkLength, rest.length));
    const { bytesRead } = await this.#handle.read(chunk, 0, chunk.length, this.#start + this.#buffer.length);
    this.#start += offset;
    this.#ended = bytesRead === 0;
    this.#buffer = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
  }

  /** Decides by the following bytes whether an invalid position is a torn write or damage. */
  async #stop(offset: number, place: number, what: string): Promise<SegmentEnd> {
    if (!this.#last || (await this.#wasOnDisk(offset)))
      throw new JournalDamagedError(
        `${this.#file} is damaged at byte ${place}: ${what}, but later records follow. ` +
          'Nothing was changed. Put a copy of the file in its place, or delete the data folder to start empty.',
      );
    return { seq: this.#seq, length: place };
  }

  /** Whether a record at or after the offset shows that the missing one was on disk. */
  async #wasOnDisk(offset: number): Promise<boolean> {
    let at = offset;
    for (;;) {
      at = nextMark(this.#buffer, at);
      if (at < 0) {
        if (this.#ended) return false;
        const kept = Math.max(0, this.#buffer.length - 3);
        await this.#more(kept);
        at = 0;
        continue;
      }
      const frame = decodeFrame(this.#buffer, at);
      if (frame === 'short' && !this.#ended) {
        await this.#more(at);
        at = 0;
        continue;
      }
      if (typeof frame !== 'string' && frame.durable > this.#seq) return true;
      at += 1;
    }
  }
}
