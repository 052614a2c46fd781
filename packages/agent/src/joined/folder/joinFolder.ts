import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorName } from '../../pullFailure.js';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Rights of the group and of all others: none of them may be set. */
const WIDER = 0o077;
/** Maximum bytes of a file. Keys and a membership have less than 4 KB. */
const LARGEST = 64 * 1024;
/** The end of the names of temporary files. */
const TEMPORARY = '.new';

/** The folder with the device's keys cannot be used. The message names the path, and says what to do. */
export class JoinFolderFailure extends Error {
  override name = 'JoinFolderFailure';
}

/**
 * The folder with the device's keys and its membership. Only its owner has rights to it and to its files; one with
 * wider rights or another owner is refused, because others may have read or replaced what is in it.
 */
export interface JoinFolder {
  readonly path: string;
  /**
   * Reads a file; undefined if it does not exist.
   * @throws JoinFolderFailure
   */
  read(name: string): Promise<string | undefined>;
  /**
   * Replaces a file as a whole. When it resolves, the file survives a power failure; if it is interrupted, the old file
   * is there.
   * @throws JoinFolderFailure
   */
  write(name: string, text: string): Promise<void>;
  /** Removes a file, if it exists. */
  remove(name: string): Promise<void>;
  names(): Promise<string[]>;
  /** Removes temporary files of a process that was killed. Only the process that holds the folder may do so. */
  tidy(): Promise<void>;
}

/**
 * Opens a folder that exists.
 * @returns undefined if it does not exist
 * @throws JoinFolderFailure
 */
export async function openJoinFolder(path: string): Promise<JoinFolder | undefined> {
  return inWords(path, async () => {
    try {
      requireOwn(path, await lstat(path), 'folder');
    } catch (error) {
      if (errorName(error) === 'ENOENT') return undefined;
      throw error;
    }
    return folderAt(path);
  });
}

/**
 * Opens a folder, and makes it if it does not exist. The folder above must exist.
 * @throws JoinFolderFailure
 */
export async function makeJoinFolder(path: string): Promise<JoinFolder> {
  const found = await openJoinFolder(path);
  if (found) return found;
  return inWords(path, async () => {
    await mkdir(path, { mode: FOLDER_MODE });
    await syncFolder(dirname(path));
    requireOwn(path, await lstat(path), 'folder');
    return folderAt(path);
  });
}

function folderAt(path: string): JoinFolder {
  return {
    path,
    read: (name) => inWords(join(path, name), () => readOwn(join(path, name))),
    write: (name, text) => inWords(join(path, name), () => replace(path, name, text)),
    remove: (name) =>
      inWords(join(path, name), async () => {
        await rm(join(path, name), { force: true });
        await syncFolder(path);
      }),
    names: () => inWords(path, () => readdir(path)),
    tidy: () =>
      inWords(path, async () => {
        const left = (await readdir(path)).filter((name) => name.endsWith(TEMPORARY));
        await Promise.all(left.map((name) => rm(join(path, name), { force: true })));
      }),
  };
}

async function readOwn(path: string): Promise<string | undefined> {
  let file;
  try {
    // Not through a link, and not waiting for the other end of a pipe.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errorName(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    requireOwn(path, await file.stat(), 'file');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function replace(folder: string, name: string, text: string): Promise<void> {
  const written = join(folder, `${name}.${randomBytes(6).toString('hex')}${TEMPORARY}`);
  try {
    const file = await open(written, 'wx', FILE_MODE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(written, join(folder, name));
  } catch (error) {
    await rm(written, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/** Makes new and changed names of a folder survive a power failure. Source: fsync(2), notes. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function requireOwn(path: string, found: Stats, kind: 'folder' | 'file'): void {
  const refuse = (what: string) => {
    throw new JoinFolderFailure(`${path} ${what}`);
  };
  const isKind = kind === 'folder' ? found.isDirectory() : found.isFile();
  if (!isKind) refuse(`is not a ${kind}; a link is not followed. Remove it, or name another folder.`);
  const self = process.getuid?.();
  if (self === undefined) refuse('cannot be checked, because this system has no owners of files.');
  if (found.uid !== self) {
    refuse(
      `belongs to another user (${found.uid}) than the one that the agent runs as (${self}). Give it to that user.`,
    );
  }
  if ((found.mode & WIDER) !== 0) {
    const now = (found.mode & 0o777).toString(8).padStart(4, '0');
    const right = kind === 'folder' ? '0700' : '0600';
    refuse(`is open to other users (mode ${now}): if they may have read it, join again. Set its mode to ${right}.`);
  }
  if (kind === 'file' && found.nlink > 1) refuse('has a second hard link, which others may read. Remove it.');
  if (kind === 'file' && found.size > LARGEST) refuse('is too large to be a file of the agent. Remove it.');
}

async function inWords<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof JoinFolderFailure) throw error;
    const code = errorName(error);
    if (code === 'ELOOP') throw new JoinFolderFailure(`${path} is a link, which is not followed. Remove it.`);
    const why = code === 'ENOENT' ? 'does not exist, or the folder above it does not' : 'cannot be read or written';
    throw new JoinFolderFailure(`${path} ${why} (${code}).`);
  }
}
