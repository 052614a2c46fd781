import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../stack/startStack.js';
import { demonstrate, type Screen } from './demo.js';
import { paintFor } from './paint.js';

const HELP = `npm run demo

Onboards one client of a connected registry on this machine, start to end, and shows each step beside the command of Microsoft's
quickstart that it replaces; then one that fails, and how nothing of it is left.

  --azure-pace  the stand-ins take the time that Azure's services were recorded to take, some ten seconds for a token`;

const AZURE_PACE = '--azure-pace';

/** Runs `npm run demo`. @returns the exit code: 0 only when the pull was verified and the rollback was clean. */
async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== AZURE_PACE)) {
    console.log(HELP);
    return args[0] === '--help' ? 0 : 2;
  }
  const startedAt = performance.now();
  const screen: Screen = {
    print: (line) => console.log(line),
    paint: paintFor(process.stdout.isTTY, process.env),
    width: process.stdout.columns ?? 150,
  };
  const { print, paint } = screen;
  const elapsed = (): string => `${((performance.now() - startedAt) / 1000).toFixed(2).padStart(7)} s`;

  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort());
  const aborted = new Promise<never>((_, reject) =>
    abort.signal.addEventListener('abort', () => reject(new Error('Interrupted.'))),
  );
  aborted.catch(() => undefined);

  const dataFolder = await mkdtemp(join(tmpdir(), 'onboarding-demo-'));
  print(`${paint.strong('Starting everything on this machine')}: the app and stand-ins for Azure, on free ports\n`);
  let succeeded = false;
  try {
    const stack = await startStack({
      dataFolder,
      azurePace: args.includes(AZURE_PACE),
      report: (line) => print(`${elapsed()}  ${line}`),
      signal: abort.signal,
    });
    try {
      const gaveUp = stack.ended.then((reason) => Promise.reject(new Error(reason)));
      gaveUp.catch(() => undefined);
      succeeded = await Promise.race([demonstrate(stack, screen), aborted, gaveUp]);
    } finally {
      await stack.stop();
    }
  } catch (error) {
    print(paint.bad(error instanceof Error ? error.message : String(error)));
  }
  if (succeeded) await rm(dataFolder, { recursive: true });
  else print(`The logs are in ${dataFolder}.`);
  print(`\n${succeeded ? paint.good('Done') : paint.bad('Failed')} after ${elapsed().trim()}; everything is stopped.`);
  return succeeded ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
