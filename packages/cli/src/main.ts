import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './program/run.js';
import type { World } from './program/world.js';

const interruption = new AbortController();
// Once: a second Ctrl-C ends the process as usual.
process.once('SIGINT', () => interruption.abort());

// Whoever reads the output may stop reading (`crctl ... | head`).
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const world: World = {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  platform: process.platform,
  home: homedir(),
  cwd: process.cwd(),
  interrupted: interruption.signal,
  fetch: (...request) => fetch(...request),
  now: () => Date.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

process.exitCode = await run(process.argv.slice(2), world);
