import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '@connected-registry/local-stack/stack/stack';

/** What the app's host has logged, on either host. */
export const hostLog = (it: { readonly stack: Stack }): string => hostLogIn(it.stack.ground.dataFolder);

/** The same of a stack's data folder: the files have other names on Microsoft's host. */
function hostLogIn(dataFolder: string): string {
  const folder = join(dataFolder, 'host');
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .filter((name) => name === 'log' || name.endsWith('.log'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}

/**
 * As the local host, and the worker of Microsoft's host (azure-functions-nodejs-worker, nodejsWorker.ts), report them.
 */
const UNHANDLED = /unhandled error(?:,| within)|Worker \d+ uncaught exception/;

/**
 * Fails for errors that nobody in the app has handled. Either host continues after the first two, with failed
 * invocations that are repeated, so that a test of results does not notice them.
 */
export function refuseUnhandledErrors(dataFolder: string): void {
  const found = hostLogIn(dataFolder)
    .split('\n')
    .filter((line) => UNHANDLED.test(line));
  if (found.length > 0) throw new Error(`The app has errors that nobody handles:\n${found.join('\n')}`);
}
