import { FlagError, HELP, parseLocalFlags } from './commandLine.js';
import { letAppGiveAccess } from './devices/deviceRights.js';
import { endBySignal } from './endBySignal.js';
import { unknownSettings } from './knownSettings.js';
import { startStack } from './startStack.js';
import { summarise } from './summary.js';

/**
 * Runs `npm run local`.
 * @returns the exit code
 */
async function main(args: readonly string[]): Promise<number> {
  const flags = parseLocalFlags(args);
  if (flags === 'help') {
    console.log(HELP);
    return 0;
  }
  for (const name of await unknownSettings(Object.keys(flags.settings ?? {})))
    console.error(
      `Warning: the app has no setting ${name}; docs/settings.md lists them. It is passed on nevertheless.`,
    );
  const abort = endBySignal();
  const askedToEnd = new Promise<'signal'>((resolve) => abort.addEventListener('abort', () => resolve('signal')));
  let stack;
  try {
    stack = await startStack({
      ...flags,
      prepare: async (controlPlane) => {
        // So that `identity` in a request has an effect, as in a deployment.
        await letAppGiveAccess(controlPlane);
        return {};
      },
      report: (line) => console.log(line),
      signal: abort,
    });
  } catch (error) {
    if (abort.aborted) return 0;
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

/** @returns the exit code; the reason is printed last */
function explain(error: unknown): number {
  if (error instanceof FlagError) {
    console.error(`${error.message}\n\nRun npm run local -- --help for its flags.`);
    return 2;
  }
  console.error(error instanceof Error ? error.message : String(error));
  return 1;
}

// A failed start may leave something running in this process, so the command ends the process.
process.exit(await main(process.argv.slice(2)).catch(explain));
