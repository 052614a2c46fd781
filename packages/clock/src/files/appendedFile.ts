import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** Error codes for missing space: on the disk, in a quota, or under a limit for files. */
const NO_SPACE = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Whether an error means that there is no space. It is temporary: writing works again when space becomes free. */
export function isNoSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && NO_SPACE.includes(String(error.code))) || isNoSpace(error.cause);
}

/**
 * Writes the whole content at the current position.
 * @returns bytes written
 */
export function writeAll(descriptor: number, content: string | Buffer): number {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(descriptor, bytes, offset);
  return bytes.length;
}

/** A file that grows by whole pieces only: it removes a piece that could not be written completely. */
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

  /** Valid bytes. */
  get length(): number {
    return this.#length;
  }

  /**
   * Appends one piece.
   * @throws the system's error; nothing of the piece stays in the file then
   */
  append(content: string | Buffer): void {
    if (!this.#isCut) this.cutTo(this.#length);
    try {
      this.#length += writeAll(this.descriptor, content);
    } catch (error) {
      this.#isCut = false;
      try {
        this.cutTo(this.#length);
      } catch {
        // The first error is the one to report. The next append truncates first.
      }
      throw error;
    }
  }

  /** Truncates the file to this length. */
  cutTo(length: number): void {
    this.#isCut = false;
    this.#length = length;
    ftruncateSync(this.descriptor, length);
    this.#isCut = true;
  }
}

/**
 * Appends one piece, completely or not at all, to a file that only its owner can read.
 * @throws the system's error
 */
export function appendWhole(file: string, content: string): void {
  const descriptor = openSync(file, 'a', 0o600);
  try {
    new AppendedFile(descriptor, fstatSync(descriptor).size).append(content);
  } finally {
    closeSync(descriptor);
  }
}
