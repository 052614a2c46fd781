/**
 * `npm run bench:fleet`: how long the app takes for a fleet of clients that are requested at once, compared with the
 * shortest time that ARM's rates allow.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPath } from './onPath.js';
import { FlagError } from '../../stack/flagError.js';
import { unknownSettings } from '../../stack/knownSettings.js';
import { runBench } from '../benchFlags.js';
import { realHostScript } from '../host/hostProcess.js';
import { tableText } from '../host/table.js';
import { missedIn, usedByOthers, verdict } from '../machine.js';
import { fleetPlan, HELP, OPTIONS, type FleetPlan } from './flags.js';
import { fleetLines } from './fleetTable.js';
import { measureFleet } from './measureFleet.js';

/** Exit code if something that the plan needs is missing. */
const NOT_RUN = 3;

/** Names what the plan needs and this machine does not have; undefined if nothing is missing. */
async function missing(plan: FleetPlan, hostScript: string | undefined): Promise<string | undefined> {
  if (plan.isComparedWithAz && spawnSync('az', ['version'], { stdio: 'ignore' }).status !== 0)
    return 'the Azure CLI, az, is not installed (Debian package azure-cli)';
  if (plan.host === 'local') return undefined;
  if (hostScript === undefined) return 'FUNCTIONS_HOST names no host';
  return onPath('dotnet') ? undefined : 'the host that FUNCTIONS_HOST names needs dotnet on the PATH';
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Measures in the folder of the flags, or in a temporary one. */
async function inFolder<T>({ keep }: FleetPlan, measure: (folder: string) => Promise<T>): Promise<T> {
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'bench-fleet-')));
  try {
    return await measure(folder);
  } finally {
    if (keep === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

await runBench(HELP, OPTIONS, async (flags) => {
  const plan = fleetPlan(flags);
  const unknown = await unknownSettings(Object.keys(plan.settings));
  if (unknown.length > 0) throw new FlagError(`The app has no setting ${unknown.join(', ')}.`);
  const hostScript = plan.host === 'functions' ? realHostScript() : undefined;
  const reason = await missing(plan, hostScript);
  if (reason !== undefined) {
    process.stdout.write(`bench:fleet did not run: ${reason}.\n`);
    return NOT_RUN;
  }
  const before = await usedByOthers();
  const alone = await inFolder(plan, (folder) => measureFleet(plan, folder, hostScript, say));
  const beside = { ...plan, keep: undefined, isComparedWithAz: false };
  const measured = plan.isComparedWithoutBudget
    ? {
        ...alone,
        withoutBudget: await inFolder(beside, (folder) => measureFleet(beside, folder, hostScript, say, false)),
      }
    : alone;
  const lines = fleetLines(measured);
  process.stdout.write(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores\n\n`);
  process.stdout.write(`${tableText(lines)}\n\n`);
  const missed = missedIn(lines);
  process.stdout.write(`${verdict(missed, [before, await usedByOthers()])}\n`);
  if (flags.json) process.stdout.write(`${JSON.stringify(measured, undefined, 2)}\n`);
  return flags.strict && missed.length > 0 ? 1 : 0;
});
