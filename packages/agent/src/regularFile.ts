import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';

/** The path is not a regular file. */
class NotAFile extends Error {
  override name = 'NotAFile';
  readonly code = 'ENOTAFILE';
}

/**
 * Non-blocking: opening a pipe without a writer would block a thread for good, and keep the process from ending. A
 * socket cannot be opened, and a device is not read.
 */
const READING = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Reads a file as text.
 * @throws NotAFile for a pipe, a device or a folder, and the errors of the file system
 */
export async function readRegularFile(path: string): Promise<string> {
  const file = await open(path, READING);
  try {
    requireFile(await file.stat());
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** The same, synchronously, for the start of the process. */
export function readRegularFileNow(path: string): string {
  const file = openSync(path, READING);
  try {
    requireFile(fstatSync(file));
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function requireFile(found: Stats): void {
  if (!found.isFile()) throw new NotAFile('it is not a regular file');
}
