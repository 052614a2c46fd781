import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endBySignal } from '../stack/endBySignal.js';
import { startStack } from '../stack/startStack.js';
import { demonstrate, demoSettings, type Screen } from './demo.js';
import { paintFor } from './paint.js';

const HELP = `npm run demo

Onboards one device of each kind on this machine, start to end: one with an identity in Entra, beside each step the command of
Microsoft's quickstart that it replaces, one that joins, and one of an IoT hub; then one that fails, and how nothing of it is
left. At the end it looks for their passwords in everything that was sent and stored.

  --azure-pace  the simulators take as long as recorded with Azure, some ten seconds for a token`;

const AZURE_PACE = '--azure-pace';

/**
 * Runs `npm run demo`.
 * @returns the exit code: 0 only if the pulls were verified, the rollback was clean and no password was found
 */
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

  const abort = endBySignal();
  const aborted = new Promise<never>((_, reject) =>
    abort.addEventListener('abort', () => reject(new Error('Interrupted.'))),
  );
  aborted.catch(() => undefined);

  const dataFolder = await mkdtemp(join(tmpdir(), 'onboarding-demo-'));
  print(`${paint.strong('Starting everything on this machine')}: the app and simulators of Azure, on free ports\n`);
  let succeeded = false;
  let failure: Error | undefined;
  try {
    const stack = await startStack({
      dataFolder,
      azurePace: args.includes(AZURE_PACE),
      report: (line) => print(`${elapsed()}  ${line}`),
      signal: abort,
      settings: demoSettings,
    });
    try {
      const gaveUp = stack.ended.then((reason) => Promise.reject(new Error(reason)));
      gaveUp.catch(() => undefined);
      succeeded = await Promise.race([demonstrate(stack, screen), aborted, gaveUp]);
    } catch (error) {
      failure = asError(error);
    }
    await stack.stop();
  } catch (error) {
    failure ??= asError(error);
  }
  // An interruption causes many errors, none of which is the reason.
  if (abort.aborted) failure = new Error('Interrupted.');
  if (failure !== undefined) succeeded = false;
  if (succeeded) await rm(dataFolder, { recursive: true, maxRetries: 5 });
  else print(`The logs are in ${dataFolder}.`);
  print(`\n${succeeded ? paint.good('Done') : paint.bad('Failed')} after ${elapsed().trim()}; everything is stopped.`);
  // Last, so that it is directly above the next prompt.
  if (failure !== undefined) print(paint.bad(failure.message));
  return succeeded ? 0 : 1;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

// A failed start may leave something running in this process, so the command ends the process.
process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(asError(error).message);
    return 1;
  }),
);
