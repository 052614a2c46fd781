import { homedir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from './program/exitCodes.js';
import { run } from './program/run.js';
import type { World } from './program/world.js';

const interruption = new AbortController();
// A listener that stays: without one, what restores the cursor would end the process before it has said what goes on.
process.on('SIGINT', () => {
  if (interruption.signal.aborted) process.exit(EXIT.interrupted);
  interruption.abort();
});

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
  openKeyStore: async () => (await import('./connection/keyStore.js')).openSystemKeyStore(),
  now: () => Date.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

process.exitCode = await run(process.argv.slice(2), world);
