/**
 * Allows one process per data folder. The lock is a file that names its process; the lock of a dead process is taken
 * over. (Node has no flock; linking a file into place is atomic on every platform.)
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Another process holds the folder. */
export class FolderLockedError extends Error {
  override readonly name = 'FolderLockedError';
}

interface Owner {
  pid: number;
  /**
   * Start time of the process in clock ticks since boot, if the system provides it. It distinguishes a reused pid from
   * the owner.
   */
  started: string;
}

const NOBODY: Owner = { pid: 0, started: '' };

/** Milliseconds before the next check while another process removes a stale lock. */
const PAUSE = 10;

/** Holds a folder until `release` is called. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Locks a folder for this process.
 * @throws FolderLockedError if a living process holds it; the system's error if the lock cannot be read or made
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = path.join(folder, 'lock');
  const own = path.join(folder, `lock.${randomUUID()}`);
  const me = { pid: process.pid, started: await startOf(process.pid) };
  await writeFile(own, JSON.stringify(me), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      if (await linked(own, file)) return { release: () => rm(file, { force: true }) };
      const owner = await readOwner(file);
      if (owner !== undefined && (await isAlive(owner, me)))
        throw new FolderLockedError(
          `${folder} is in use by process ${owner.pid}. Stop it, or choose another data folder (--data).`,
        );
      await removeStale(file, own, me);
    }
    throw new FolderLockedError(`${folder} could not be locked: other processes keep trying to.`);
  } finally {
    await rm(own, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a dead process's lock. One process at a time does so, and checks the lock again when it has its turn;
 * otherwise a slow process would remove the lock that a fast one has just created.
 */
async function removeStale(file: string, own: string, me: Owner): Promise<void> {
  const turn = `${file}.takeover`;
  if (!(await linked(own, turn))) {
    const holder = await readOwner(turn);
    if (holder !== undefined && !(await isAlive(holder, me))) await rm(turn, { force: true });
    await sleep(PAUSE);
    return;
  }
  try {
    const owner = await readOwner(file);
    if (owner !== undefined && !(await isAlive(owner, me))) await rm(file, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
}

/**
 * The owner in a lock. A lock that this host has not written has no living owner; undefined if there is no lock.
 * @throws the system's error if the lock cannot be read, for instance because it is another user's
 */
async function readOwner(file: string): Promise<Owner | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number')
      return { pid: value.pid, started: 'started' in value ? String(value.started) : '' };
  } catch {
    // Not JSON, so not written by this host.
  }
  return NOBODY;
}

async function isAlive(owner: Owner, me: Owner): Promise<boolean> {
  if (owner === NOBODY) return false;
  if (owner.pid === me.pid && owner.started === me.started) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const started = await startOf(owner.pid);
  return started === '' || owner.started === '' ? owner.pid !== me.pid : started === owner.started;
}

/** Field 22 of /proc/PID/stat; '' if there is no such file. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
