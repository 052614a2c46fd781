import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { link, lstat, readdir, rename, rm } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { errorName } from '../../pullFailure.js';
import { JoinFolderFailure } from './joinFolder.js';

/** The name that the holder's socket has in the folder. */
const LOCK = 'agent.lock';
const OWN = /^lock-[0-9a-f]{12}\.sock$/;
/** How often an abandoned lock is removed, before the folder counts as contended. */
const TRIES = 5;

/**
 * The right to change the folder. Held by a listening socket, which the kernel closes when the process ends, however it
 * ends; so a killed process leaves nothing behind that keeps others out, and no clock decides. The socket is a file of
 * the folder, so that containers which share the folder see each other, too.
 */
export interface FolderLock {
  /** Whether this process still holds the folder. Two that start at the same instant may find out only here. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/** Another process has the folder. */
export class FolderInUse extends JoinFolderFailure {}

/**
 * Takes the folder for this process.
 * @throws FolderInUse if another process has it, JoinFolderFailure if it cannot be taken for another reason
 */
export async function takeFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, LOCK);
  const own = join(folder, `lock-${randomBytes(6).toString('hex')}.sock`);
  const server = await listening(own).catch((error: unknown) => {
    throw new JoinFolderFailure(`${folder} cannot be taken: it takes no socket (${errorName(error)}).`);
  });
  try {
    // The name of the lock appears with a socket that already listens: others never find one that does not answer yet.
    const { ino } = await lstat(own);
    await takeName(folder, path, own);
    await tidy(folder);
    let isReleased = false;
    const isHeld = async () => !isReleased && (await inodeOf(path)) === ino;
    return {
      isHeld,
      async release() {
        if (isReleased) return;
        try {
          if (await isHeld()) await rm(path, { force: true });
        } finally {
          isReleased = true;
          await close(server);
        }
      },
    };
  } catch (error) {
    await close(server);
    if (error instanceof JoinFolderFailure) throw error;
    throw new JoinFolderFailure(`${folder} cannot be taken (${errorName(error)}).`);
  }
}

async function takeName(folder: string, path: string, own: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      await link(own, path);
      return;
    } catch (error) {
      if (errorName(error) !== 'EEXIST') {
        throw new JoinFolderFailure(`${folder} cannot be taken (${errorName(error)}).`);
      }
    }
    const found = await inodeOf(path);
    if (await answers(path)) break;
    await removeAbandoned(folder, path, found);
  }
  throw new FolderInUse(
    `${folder} is in use by another process of the agent. End it first, or give this one a folder of its own.`,
  );
}

/** Removes a lock whose process has ended, unless another process has taken its place in the meantime. */
async function removeAbandoned(folder: string, path: string, abandoned: number | undefined): Promise<void> {
  const aside = join(folder, `lock-${randomBytes(6).toString('hex')}.sock`);
  try {
    await rename(path, aside);
    if ((await inodeOf(aside)) !== abandoned) await link(aside, path);
  } catch (error) {
    // Another process has removed or replaced it: the next round finds out.
    if (!['ENOENT', 'EEXIST'].includes(errorName(error))) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Removes sockets of processes that were killed while they took the folder. */
async function tidy(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((one) => OWN.test(one))) {
    if (!(await answers(join(folder, name)))) await rm(join(folder, name), { force: true });
  }
}

/** Whether a process listens at the socket. Only a refused connection proves that none does. */
async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return !['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(errorName(error));
  } finally {
    socket.destroy();
  }
}

async function listening(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(path);
  await once(server, 'listening');
  return server;
}

/** Also removes the socket's own name. Source: Node.js docs, net, "Identifying paths for IPC connections". */
async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).ino;
  } catch (error) {
    if (errorName(error) === 'ENOENT') return undefined;
    throw error;
  }
}
