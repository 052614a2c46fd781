import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** What a system says when there is no space left: on the disk, in a quota, under a limit for files. */
const NO_SPACE = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Whether an error says that there is no space: it passes when somebody makes some. */
export function isNoSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && NO_SPACE.includes(String(error.code))) || isNoSpace(error.cause);
}

/** Writes all of it where the file is. @returns bytes written. */
export function writeAll(descriptor: number, content: string | Buffer): number {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(descriptor, bytes, offset);
  return bytes.length;
}

/** A file that only grows, and only by whole pieces: of one that could not be written to its end nothing stays. */
export class AppendedFile {
  #length: number;
  #isCut = true;

  /**
   * @param descriptor opened for appending
   * @param length of the file, in bytes
   */
  constructor(
    readonly descriptor: number,
    length: number,
  ) {
    this.#length = length;
  }

  /** Bytes that hold. */
  get length(): number {
    return this.#length;
  }

  /** @throws the system's error; nothing was written then */
  append(content: string | Buffer): void {
    if (!this.#isCut) this.cutTo(this.#length);
    try {
      this.#length += writeAll(this.descriptor, content);
    } catch (error) {
      this.#isCut = false;
      try {
        this.cutTo(this.#length);
      } catch {
        // What went wrong first is what counts; the next piece cuts first.
      }
      throw error;
    }
  }

  /** Drops what is behind this place. */
  cutTo(length: number): void {
    this.#isCut = false;
    this.#length = length;
    ftruncateSync(this.descriptor, length);
    this.#isCut = true;
  }
}

/** Appends one piece to a file that is for its owner's eyes only: all of it or nothing. @throws the system's error */
export function appendWhole(file: string, content: string): void {
  const descriptor = openSync(file, 'a', 0o600);
  try {
    new AppendedFile(descriptor, fstatSync(descriptor).size).append(content);
  } finally {
    closeSync(descriptor);
  }
}
