/**
 * `npm run bench:quickstart`: ten devices by the commands of Microsoft's quickstart, and twice ten by the app, against
 * the same control plane in one run. No latency is simulated: both use only this machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { countArmRequests, forgetRequests, type ArmRequests } from '../../stack/armRequests.js';
import { startStack } from '../../stack/startStack.js';
import type { Stack } from '../../stack/stack.js';
import { runBench, wholeNumber } from '../benchFlags.js';
import { usedByOthers, verdict } from '../machine.js';
import { onboardByApp } from './byApp.js';
import { QuickstartByHand } from './byHand.js';
import { comparison, pacedComparison, type Fleet, type MeasuredWay } from './comparison.js';

const HELP = `npm run bench:quickstart -- [--devices N] [--azure-pace] [--json] [--strict]

  --devices N  number of devices for each measurement (default 10)
  --azure-pace repeats it with writes that take as long as recorded with Azure, some twenty seconds
               a device by hand, and prints both ratios
  --json       prints the measurements as JSON after the table
  --strict     exit code 1 when the app is not at least 50 times faster

Exit code 3 if the Azure CLI, az, is not installed.
`;

const NO_CLI = 3;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** One device at a time, because a person types one command after another. */
async function measureByHand(stack: Stack, devices: number): Promise<{ seconds: number; arm: ArmRequests }> {
  const { azure, edge } = stack.endpoints;
  const { https, operator } = stack.controlPlane;
  const byHand = new QuickstartByHand(stack);
  await forgetRequests(azure.arm, https);
  const started = performance.now();
  const made: { token: string; passwordFile: string }[] = [];
  for (let n = 1; n <= devices; n++) made.push(await byHand.onboard(n));
  const seconds = (performance.now() - started) / 1000;
  const arm = await countArmRequests(azure.arm, https, 'operator');
  const { boundTokens } = await operator.inventory(edge.connectedRegistry);
  for (const { token, passwordFile } of made)
    if (!boundTokens.includes(token) || (await stat(passwordFile)).size === 0)
      throw new Error(`By hand, ${token} is not bound and saved.`);
  return { seconds, arm };
}

/** One fleet, all at the same time. */
async function measureFleet(stack: Stack, devices: number, name: string): Promise<Fleet> {
  const { azure, edge } = stack.endpoints;
  const { https, operator } = stack.controlPlane;
  await forgetRequests(azure.arm, https);
  const { tokens, secrets: saved, ...took } = await onboardByApp(stack, devices, name);
  const arm = await countArmRequests(azure.arm, https, 'app');
  const { boundTokens, secrets } = await operator.inventory(edge.connectedRegistry);
  const missing = [
    ...tokens.filter((token) => !boundTokens.includes(token)),
    ...saved.filter((secret) => !secrets.includes(secret)),
  ];
  if (missing.length > 0 || new Set(tokens).size !== devices)
    throw new Error(`By the app, this is not bound and saved: ${missing.join(', ')}.`);
  return { ...took, arm };
}

async function measure(devices: number, azurePace: boolean): Promise<MeasuredWay> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'bench-quickstart-'));
  try {
    const stack = await startStack({ dataFolder, azurePace });
    try {
      say(`${devices} devices by the quickstart's commands${azurePace ? ', at the recorded pace' : ''}`);
      const byHand = await measureByHand(stack, devices);
      say(`${devices} devices by the app, twice`);
      const first = await measureFleet(stack, devices, 'first');
      const inService = await measureFleet(stack, devices, 'second');
      return { devices, byHand, first, inService };
    } finally {
      await stack.stop();
    }
  } finally {
    await rm(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const OPTIONS = {
  devices: { type: 'string', default: '10' },
  'azure-pace': { type: 'boolean', default: false },
} as const;

await runBench(HELP, OPTIONS, async (flags) => {
  // A connected registry accepts 50 clients, and there are three times as many.
  const devices = wholeNumber('devices', flags.devices, 1, 16);
  if (spawnSync('az', ['version'], { stdio: 'ignore' }).status !== 0) {
    process.stdout.write(
      'bench:quickstart did not run: the Azure CLI, az, is not installed (Debian package azure-cli).\n',
    );
    return NO_CLI;
  }
  const before = await usedByOthers();
  const measured = await measure(devices, false);
  const atPace = flags['azure-pace'] ? await measure(devices, true) : undefined;
  const looks = [before, await usedByOthers()];
  process.stdout.write(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores\n\n`);
  const { text, missed } = comparison(measured);
  process.stdout.write(`${text}\n\n${verdict(missed, looks)}\n`);
  if (atPace) process.stdout.write(`\n${pacedComparison(measured, atPace)}\n`);
  const all = atPace ? { measured, atPace } : measured;
  if (flags.json) process.stdout.write(`${JSON.stringify(all, undefined, 2)}\n`);
  return flags.strict && missed.length > 0 ? 1 : 0;
});
