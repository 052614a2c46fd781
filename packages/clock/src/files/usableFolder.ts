import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A folder or file that a flag names cannot be used; the message says which, why and what to do. */
export class PathError extends Error {
  override readonly name = 'PathError';
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file, not a folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
  ENOENT: 'a part of its path does not exist and cannot be made',
};

/**
 * Makes a folder, with a mode for its owner alone, when it is not there.
 *
 * @param flag that chooses another one, such as `--data`.
 * @throws {PathError} when it is no folder, or nothing can be written in it.
 */
export function makeUsable(folder: string, flag: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new PathError(`${flag} ${folder} cannot be used: ${reasonOf(error)}. Choose another folder with ${flag}.`, {
      cause: error,
    });
  }
}

/** Makes what is missing of a path. Node's own `recursive` never returns where a file system lets nobody make a folder, as in /proc. */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  if (!existsSync(dirname(folder))) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Somebody else may have made it in between.
    if (!isFolder(folder)) throw error;
  }
}

/** Whether a folder is there. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Not there, or below what is a file, or not to be looked at.
    return false;
  }
}

/** Why the file system refuses a path, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return REASONS[code] ?? `the system says ${code}`;
}
