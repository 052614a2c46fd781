import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A folder or file that a flag names cannot be used. The message names it, the reason and what to do. */
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
  ELOOP: 'its symbolic links form a loop',
  ENOENT: 'a part of its path does not exist and cannot be created',
};

/**
 * Creates a folder that only its owner can use, if it does not exist.
 *
 * @param flag that names the folder, such as `--data`
 * @throws {PathError} if it is not a folder, or is not writable
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

/**
 * Creates the missing parts of a path. Node's `recursive` never returns where a file system does not allow new folders,
 * as in /proc.
 */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  if (!existsSync(dirname(folder))) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have created it in the meantime.
    if (!isFolder(folder)) throw error;
  }
}

/** Whether a folder exists at the path. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // The path does not exist, is below a file, or is not accessible.
    return false;
  }
}

/** Explains why the file system refused a path. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return REASONS[code] ?? `the system reports ${code}`;
}
