import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makeUsable } from '@connected-registry/clock/files/usableFolder';

/** Marks a folder as a launcher's, and names the process that uses it. */
const MARKER = 'launcher.json';
const marker = z.object({ pid: z.int().nullable() });

/** What `--reset` removes. The certificates stay, so that clients that trust the CA keep trusting it. */
const STATE = [
  'host',
  'azure',
  'edge',
  'device',
  'joined',
  'report-keys',
  'join-token',
  'endpoints.json',
  'app.env.json',
  'device.env',
  'joined.env',
];

/** The folder cannot be used. The message says why and what to do. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

/**
 * Takes a data folder for this process, and creates it, with a mode for its owner only, if it does not exist.
 *
 * @param reset removes the state of earlier runs
 * @throws {PathError} if it cannot be a folder
 * @throws {DataFolderError} if another launcher uses it, or if `reset` is requested for a folder that has files and was
 * never a launcher's
 */
export function takeDataFolder(folder: string, reset: boolean): void {
  makeUsable(folder, '--data');
  const file = join(folder, MARKER);
  if (existsSync(file)) {
    const user = readMarker(file);
    if (user !== null && user !== process.pid && isRunning(user))
      throw new DataFolderError(
        `The data folder ${folder} is in use by process ${user}. Stop that process, or choose another folder with --data.`,
      );
  } else if (reset && readdirSync(folder).length > 0) {
    throw new DataFolderError(
      `The data folder ${folder} holds files that are not this program's, so --reset removes nothing there. Choose an empty one with --data.`,
    );
  }
  writeAtomically(file, JSON.stringify({ pid: process.pid }));
  if (reset) for (const name of STATE) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
}

/** Releases the folder. */
export function releaseDataFolder(folder: string): void {
  writeAtomically(join(folder, MARKER), JSON.stringify({ pid: null }));
}

/** Writes a file that only its owner can read. Readers find either the old or the new content. */
export function writeAtomically(file: string, content: string): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${content}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The keys that the app signs pull checks with, `keyId:base64url`; created once in a data folder. */
export function reportKeys(folder: string): string {
  const file = join(folder, 'report-keys');
  if (!existsSync(file)) writeAtomically(file, `k1:${randomBytes(32).toString('base64url')}`);
  return readFileSync(file, 'utf8').trim();
}

function readMarker(file: string): number | null {
  try {
    return marker.parse(JSON.parse(readFileSync(file, 'utf8'))).pid;
  } catch {
    return null;
  }
}

/**
 * Whether a launcher may still run under this id. Ids are reused, so a process that cannot be a launcher does not
 * count.
 */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync(commandLine) || readFileSync(commandLine, 'utf8').includes('node');
}
