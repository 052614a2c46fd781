import { FlagError, HELP, parseLocalFlags } from './commandLine.js';
import { DataFolderError } from './dataFolder.js';
import { PortTakenError } from './ports.js';
import { startStack } from './startStack.js';
import { summarise } from './summary.js';

/** Runs `npm run local`. @returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const flags = parseLocalFlags(args);
  if (flags === 'help') {
    console.log(HELP);
    return 0;
  }
  const abort = new AbortController();
  const askedToEnd = new Promise<'signal'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        abort.abort();
        resolve('signal');
      });
  });
  let stack;
  try {
    stack = await startStack({ ...flags, report: (line) => console.log(line), signal: abort.signal });
  } catch (error) {
    if (abort.signal.aborted) return 0;
    throw error;
  }
  console.log(summarise(stack));
  const end = await Promise.race([askedToEnd, stack.ended]);
  await stack.stop();
  if (end === 'signal') {
    console.log('Everything is stopped.');
    return 0;
  }
  console.error(`Stopped: ${end}`);
  return 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const expected = error instanceof FlagError || error instanceof PortTakenError || error instanceof DataFolderError;
  console.error(expected ? error.message : error);
  if (error instanceof FlagError) console.error('\nnpm run local -- --help says what there is.');
  process.exitCode = error instanceof FlagError ? 2 : 1;
}
