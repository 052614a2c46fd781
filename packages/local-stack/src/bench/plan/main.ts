/**
 * `npm run bench:plan`: how long `crctl plan` and `crctl export` take for a fleet that runs in the local stack, and how
 * many reads of Azure Resource Manager each costs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { countArmRequests, forgetRequests } from '../../stack/armRequests.js';
import { startStack } from '../../stack/startStack.js';
import type { ControlPlane, Stack } from '../../stack/stack.js';
import { UNTHROTTLED } from '../../stack/unthrottled.js';
import { runBench, wholeNumber } from '../benchFlags.js';
import { startDevices } from '../fleet/devices.js';
import { buildFleet, registryIds, sitesOf, type Site } from '../fleet/fleetWorld.js';
import { ENDPOINT } from '../fleet/onboardFleet.js';
import { rolloutFleet } from '../fleet/rolloutFleet.js';
import { tableText } from '../host/table.js';
import { missedIn, usedByOthers, verdict } from '../machine.js';
import { planRows, type MeasuredPlan } from './planRows.js';

const HELP = `npm run bench:plan -- [flags]

How long crctl plan takes for a fleet in the local stack. Azure Resource Manager refuses nothing here; its limits on reads can
make a plan slower by the reads that are counted.

  --clients N   clients of the fleet (default 1000)
  --sites N     connected registries (default 10)
  --export      also measure crctl export, which reads each client by itself
  --json        also print the measurements as JSON
  --strict      exit code 1 if a goal is missed
`;

/** Clients that differ in the plan of a few changes. */
const FEW = 10;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * The fleet file as {@link rolloutFleet} makes the fleet.
 * @param repositoriesOf what a client is to have, by its number from 0
 */
function fleetFile(clients: number, sites: readonly Site[], repositoriesOf: (n: number) => unknown): string {
  const connectedRegistries = sites.map((site, index) => {
    const numbers = [...Array(clients).keys()].filter((n) => n % sites.length === index);
    const rows = numbers.map((n) => ({
      client: `device-${n + 1}`,
      repositories: repositoriesOf(n),
      endpoint: ENDPOINT,
    }));
    return [`${site.registry}/${site.connectedRegistry}`, { clients: rows }] as const;
  });
  return JSON.stringify({
    apiVersion: 'connected-registry-onboarding/v1',
    kind: 'Fleet',
    connectedRegistries: Object.fromEntries(connectedRegistries),
  });
}

/** Runs one command of crctl. @returns what it printed, and what it cost */
async function timed(
  { endpoints, controlPlane }: Stack,
  args: readonly string[],
): Promise<Pick<MeasuredPlan, 'seconds' | 'reads'> & { readonly out: string }> {
  const { functions, azure } = endpoints;
  await forgetRequests(azure.arm, controlPlane.https);
  const started = performance.now();
  const child = spawn(process.execPath, [join(projectRoot(), 'packages/cli/bin/crctl.js'), ...args], {
    env: { CRCTL_URL: functions.url, CRCTL_KEY: functions.key },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`crctl ${args[0]} ended with ${code}: ${out.slice(-500)}`);
  const { reads } = await countArmRequests(azure.arm, controlPlane.https, 'app');
  return { seconds, reads, out };
}

async function measure(
  what: string,
  text: string,
  stack: Stack,
  folder: string,
  flags: readonly string[] = [],
): Promise<MeasuredPlan> {
  const file = join(folder, 'fleet.json');
  await writeFile(file, text);
  const { out, ...cost } = await timed(stack, ['plan', file, ...flags]);
  return { what, command: 'plan', ...cost, summary: /^plan +(.*)$/m.exec(out)?.[1] ?? 'unknown' };
}

/** An export, and the plan of the file that it wrote. */
async function measureExport(stack: Stack, folder: string, clients: number): Promise<MeasuredPlan[]> {
  const { out, ...cost } = await timed(stack, ['export']);
  const summary = `${out.split('\n').length} lines of a fleet file`;
  return [
    { what: `export of ${clients} clients`, command: 'export', ...cost, summary },
    await measure(`${clients} clients as exported, no changes`, out, stack, folder),
  ];
}

async function prepare(controlPlane: ControlPlane, clients: number, size: Parameters<typeof buildFleet>[1]) {
  const { status } = await controlPlane.https(`${controlPlane.url}/_control/settings`, {
    method: 'PATCH',
    body: { throttling: 0, clientsPerConnectedRegistry: clients },
  });
  if (status !== 200) throw new Error(`The control plane refused its settings with ${status}.`);
  await buildFleet(controlPlane, size, []);
  return {
    ...UNTHROTTLED,
    REGISTRIES: registryIds(controlPlane.world, size).join(','),
    ALLOWED_ENDPOINTS: ENDPOINT,
    REPORTS_PER_MINUTE: '100000',
    CLIENTS_PER_CONNECTED_REGISTRY: String(clients),
  };
}

await runBench(
  HELP,
  {
    clients: { type: 'string', default: '1000' },
    sites: { type: 'string', default: '10' },
    export: { type: 'boolean', default: false },
  },
  async (flags) => {
    const clients = wholeNumber('clients', flags.clients, FEW, 10_000);
    const size = { clients, connectedRegistries: wholeNumber('sites', flags.sites, 1, 100), registries: 1 };
    const before = await usedByOthers();
    const folder = await mkdtemp(join(tmpdir(), 'bench-plan-'));
    const stack = await startStack({
      dataFolder: folder,
      device: false,
      reset: true,
      prepare: (controlPlane) => prepare(controlPlane, clients, size),
    });
    const measured: MeasuredPlan[] = [];
    try {
      const devices = await startDevices(stack.controlPlane, stack.endpoints.functions.url);
      try {
        const sites = sitesOf(stack.controlPlane.world, size);
        const pulls = ['hello-world'];
        const fleet = fleetFile(clients, sites, () => pulls);
        measured.push(
          await measure(`${clients} clients to add, compared only (--quick)`, fleet, stack, folder, ['--quick']),
        );
        measured.push(await measure(`${clients} clients to add, each planned by the app`, fleet, stack, folder));
        say(`${clients} clients are onboarded`);
        const app = stack.endpoints.functions;
        await rolloutFleet({ app, clients, sites, pass: () => sleep(500), accepted: () => Promise.resolve(), say });
        measured.push(await measure(`${clients} clients, no changes`, fleet, stack, folder));
        const changed = fleetFile(clients, sites, (n) =>
          n < FEW ? { 'hello-world': ['content/read', 'metadata/read'] } : pulls,
        );
        measured.push(await measure(`${clients} clients, ${FEW} to change`, changed, stack, folder));
        if (flags.export) measured.push(...(await measureExport(stack, folder, clients)));
      } finally {
        await devices.close();
      }
    } finally {
      await stack.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
    const lines = planRows(measured);
    process.stdout.write(
      `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores\n\n${tableText(lines)}\n\n`,
    );
    const missed = missedIn(lines);
    process.stdout.write(`${verdict(missed, [before, await usedByOthers()])}\n`);
    if (flags.json) process.stdout.write(`${JSON.stringify(measured, undefined, 2)}\n`);
    return flags.strict && missed.length > 0 ? 1 : 0;
  },
);
