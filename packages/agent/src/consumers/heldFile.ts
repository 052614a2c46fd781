import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorName } from '../pullFailure.js';
import { ConsumerFailure } from './consumer.js';

/** Mode of a new file: readable by its owner only. */
const NEW_MODE = 0o600;
/** Maximum size in bytes. No engine's config comes near it. */
const LARGEST = 4 * 1024 * 1024;

/**
 * A file that the agent reads and replaces as a whole, so that readers find either the old or the new content. Only
 * regular files are opened, so that no pipe or device can block the agent; {@link ConsumerFailure} says what was found
 * instead.
 */
export interface HeldFile {
  /** Its text; undefined if the file does not exist. */
  read(): Promise<string | undefined>;
  /** Writes a temporary file and renames it over the old one. Owner and mode are kept. */
  replace(text: string): Promise<void>;
  /** Removes temporary files of an earlier run that was killed. */
  tidy(): Promise<void>;
}

export function heldFile(path: string): HeldFile {
  const start = `${basename(path)}.`;
  const isOrphaned = (name: string) => name.startsWith(start) && /^[0-9a-f]{12}\.new$/.test(name.slice(start.length));
  return {
    async read() {
      if (!(await statOf(path))) return undefined;
      // Check again through the handle: the path may have been replaced by something that would block the agent.
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        requireFile(path, await file.stat());
        return await file.readFile('utf8');
      } finally {
        await file.close();
      }
    },
    async replace(text) {
      const before = await statOf(path);
      const written = `${path}.${randomBytes(6).toString('hex')}.new`;
      try {
        const file = await open(written, 'wx', NEW_MODE);
        try {
          await file.writeFile(text);
          if (before) await giveTo(path, file, before);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(written, path);
      } catch (error) {
        await rm(written, { force: true });
        throw error;
      }
    },
    async tidy() {
      const folder = dirname(path);
      const names = await readdir(folder).catch(() => []);
      const left = names.filter(isOrphaned);
      await Promise.all(left.map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)));
    },
  };
}

/** The status of the path itself, without following links; undefined if nothing is there. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    const found = await lstat(path);
    requireFile(path, found);
    return found;
  } catch (error) {
    if (errorName(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function requireFile(path: string, found: Stats): void {
  if (!found.isFile()) throw new ConsumerFailure(`${path} is ${kindOf(found)}, not a file, and is not changed`);
  if (found.nlink > 1) {
    throw new ConsumerFailure(`${path} has a second hard link, which would keep the old content`);
  }
  if (found.size > LARGEST) throw new ConsumerFailure(`${path} is too large to be a docker config.json`);
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return 'a symbolic link';
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  return found.isBlockDevice() || found.isCharacterDevice() ? 'a device' : 'something else';
}

/** Gives the new file the owner and mode of the old one, so that the same users can read it. */
async function giveTo(path: string, file: FileHandle, before: Stats): Promise<void> {
  const own = await file.stat();
  try {
    if (own.uid !== before.uid || own.gid !== before.gid) await file.chown(before.uid, before.gid);
  } catch (error) {
    throw new ConsumerFailure(
      `${path} belongs to another user or group, and the agent has no right to change a file's owner (${errorName(error)})`,
    );
  }
  await file.chmod(before.mode & 0o7777);
}
