/**
 * Preloaded (`node --import packages/clock/dist/preload.js`) into processes that follow the local clock.
 * LOCAL_CLOCK_URL is its address. Without one, or while the clock is real, nothing changes: the process uses the
 * machine's time at no cost. Otherwise `Date` and the clock of the local simulators follow it. LOCAL_CLOCK_NAME is the
 * name of the process, by default the script's workspace or folder and the pid; LOCAL_CLOCK_SETTLE_MS is the time
 * without work before the process counts as idle (activity.ts).
 */
import { basename, dirname } from 'node:path';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { z } from 'zod';
import { followClock } from './follower.js';
import { setProcessClock } from './processClock.js';
import { replaceDate } from './replacedDate.js';

/**
 * The folder that identifies a program: `agent` of packages/agent/dist/main.js, `year` of
 * packages/local-stack/dist/year/main.js.
 */
function folderOf(script: string): string {
  const folder = dirname(script);
  return basename(basename(folder) === 'dist' ? dirname(folder) : folder);
}

const url = process.env['LOCAL_CLOCK_URL'];
// Worker threads inherit --import, but the main thread counts their work as its own.
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
