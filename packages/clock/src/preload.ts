/**
 * Preloaded (`node --import packages/clock/dist/preload.js`) into processes that follow the local clock. LOCAL_CLOCK_URL names it;
 * without one, or while it is real, nothing changes: the process lives in the machine's time at no cost. Otherwise `Date` and the
 * clock of the local stand-ins follow it. LOCAL_CLOCK_NAME is the name to follow under, by default the script's workspace or folder and the pid;
 * LOCAL_CLOCK_SETTLE_MS how long nothing must be under way before the process counts as idle (activity.ts).
 */
import { basename, dirname } from 'node:path';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { z } from 'zod';
import { followClock } from './follower.js';
import { setProcessClock } from './processClock.js';
import { replaceDate } from './replacedDate.js';

/** The folder that says what a program is: `agent` of packages/agent/dist/main.js, `year` of packages/local-stack/dist/year/main.js. */
function folderOf(script: string): string {
  const folder = dirname(script);
  return basename(basename(folder) === 'dist' ? dirname(folder) : folder);
}

const url = process.env['LOCAL_CLOCK_URL'];
// Workers inherit --import; what they do counts as the main thread's.
if (url !== undefined && url !== '' && isMainThread) {
  const { mode } = z.object({ mode: z.string() }).parse(await (await fetch(url)).json());
  if (mode !== 'real') {
    const script = process.argv[1] ?? 'node';
    const name = process.env['LOCAL_CLOCK_NAME'] ?? `${folderOf(script)}-${process.pid}`;
    const clock = await followClock(url, name);
    setProcessClock(clock);
    replaceDate(() => clock.now().getTime());
  }
}
