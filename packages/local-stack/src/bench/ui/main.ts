/**
 * `npm run bench:ui`: what open fleet pages cost the app and Azure: a fleet in the local stack, seeded by the services'
 * own APIs, looked at by no page, by one, and by many.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetRequests } from '../../stack/armRequests.js';
import { startStack } from '../../stack/startStack.js';
import type { ControlPlane, Stack } from '../../stack/stack.js';
import { appSettings } from '../../stack/settingFlags.js';
import { UNTHROTTLED } from '../../stack/unthrottled.js';
import { runBench, wholeNumber } from '../benchFlags.js';
import { startDevices } from '../fleet/devices.js';
import { buildFleet, registryIds, sitesOf } from '../fleet/fleetWorld.js';
import type { FleetSize } from '../fleet/floor.js';
import { ENDPOINT } from '../fleet/onboardFleet.js';
import { peakMemory, processorSeconds } from '../fleet/processUse.js';
import { countRequests } from '../fleet/requestCounts.js';
import { tableText, type Line } from '../host/table.js';
import { missedIn, usedByOthers, verdict } from '../machine.js';
import { keepOpen, nothingServed, OpenPage, openPages } from './openPages.js';
import { seededClients, seedFleet } from './seedFleet.js';
import { startRuns } from './steadyRuns.js';

const HELP = `npm run bench:ui -- [flags]

What open fleet pages cost: each asks for the overview every few seconds, and for all clients whenever they have changed. Counts the
requests of the app to Azure beside those that it serves, and the processor time of the app with its host. The clients are seeded in
the registries and the vault: the engine has no runs and no entities of them, except of the rotations of --runs.

  --clients N      clients of the fleet (default 5000)
  --pages N        open pages (default 50)
  --every N        seconds between two requests of a page for the overview while it has news (default 5)
  --seconds N      seconds of each measurement (default 120)
  --runs N         rotations that start in a minute, all over the fleet, in two further measurements: without pages, and with all
                   of them. They change rows, so that pages load parts of the fleet again (default 0: these are left out)
  --set NAME=VALUE a setting of the app, as often as needed
  --json           also print the measurements as JSON
  --strict         exit code 1 if a goal is missed
`;

/** Share of one core that the pages may cost the app. */
const GOAL = 0.05;
/** Clients of one connected registry. */
const CLIENTS_EACH = 50;
/** Connected registries of one container registry. */
const SITES_EACH = 50;

interface Measured {
  readonly pages: number;
  /** Rotations that started during the measurement. */
  readonly runs: number;
  readonly servedPerMinute: number;
  readonly notModifiedShare: number;
  readonly kilobytesPerMinute: number;
  readonly failed: number;
  readonly armPerMinute: number;
  readonly vaultPerMinute: number;
  readonly cores: number | undefined;
  /** Processor seconds of the app in which the pages loaded the fleet for the first time. */
  readonly openingSeconds: number | undefined;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function prepare(controlPlane: ControlPlane, size: FleetSize, settings: Readonly<Record<string, string>>) {
  const { status } = await controlPlane.https(`${controlPlane.url}/_control/settings`, {
    method: 'PATCH',
    body: { throttling: 0 },
  });
  if (status !== 200) throw new Error(`The control plane refused its settings with ${status}.`);
  say(`${size.connectedRegistries} connected registries are created`);
  const { objectId } = controlPlane.world.identities.app;
  await buildFleet(controlPlane, size, [objectId]);
  say(`${size.clients} clients are seeded`);
  await seedFleet(controlPlane, size, ENDPOINT);
  return {
    ...UNTHROTTLED,
    REGISTRIES: registryIds(controlPlane.world, size).join(','),
    ALLOWED_ENDPOINTS: ENDPOINT,
    ...settings,
  };
}

/** Waits until the app has read the fleet. */
async function read(stack: Stack, clients: number): Promise<void> {
  const page = new OpenPage(stack.endpoints.functions, nothingServed());
  for (;;) {
    const shown = await page.look();
    if (shown === clients) return;
    if (shown !== undefined) throw new Error(`The page shows ${shown} of ${clients} clients.`);
    await sleep(1000);
  }
}

interface Watch {
  readonly pages: number;
  /** Seconds between two requests of a page. */
  readonly every: number;
  readonly seconds: number;
  /** What happens in the meantime. @returns the number of runs */
  readonly beside?: () => Promise<number>;
}

async function measure(stack: Stack, { pages, every, seconds, beside }: Watch): Promise<Measured> {
  const { url, https } = stack.controlPlane;
  const pids = [stack.pidOf('host')].filter((pid) => pid !== undefined);
  const served = nothingServed();
  const before = processorSeconds(pids);
  const open = await openPages(stack.endpoints.functions, pages, served);
  Object.assign(served, nothingServed());
  say(`${pages} pages for ${seconds} s`);
  await forgetRequests(url, https);
  const [used, started] = [processorSeconds(pids), performance.now()];
  const [runs = 0] = await Promise.all([beside?.(), sleep(seconds * 1000), keepOpen(open, every, seconds)]);
  const passed = (performance.now() - started) / 1000;
  const now = processorSeconds(pids);
  const { reads, writes, deletes, vaultCalls } = await countRequests(url, https, ['app']);
  const perMinute = (count: number): number => (count * 60) / passed;
  return {
    pages,
    runs,
    servedPerMinute: perMinute(served.requests),
    notModifiedShare: served.requests === 0 ? 0 : served.notModified / served.requests,
    kilobytesPerMinute: perMinute(served.bytes) / 1024,
    failed: served.failed,
    armPerMinute: perMinute(reads + writes + deletes),
    vaultPerMinute: perMinute(vaultCalls),
    cores: used === undefined || now === undefined ? undefined : (now - used) / passed,
    openingSeconds: used === undefined || before === undefined ? undefined : used - before,
  };
}

function lineOf(one: Measured): Line {
  const cores = one.cores === undefined ? 'unknown' : `${(100 * one.cores).toFixed(1)} %`;
  const value = [
    `${one.servedPerMinute.toFixed(0)} requests a minute served`,
    `${(100 * one.notModifiedShare).toFixed(0)} % of them 304`,
    `${one.kilobytesPerMinute.toFixed(0)} KB a minute`,
    `${one.armPerMinute.toFixed(1)} of ARM`,
    `${one.vaultPerMinute.toFixed(1)} of the vault`,
    `${cores} of a core`,
    ...(one.failed === 0 ? [] : [`${one.failed} failed`]),
  ].join(', ');
  return { what: one.runs === 0 ? `${one.pages} pages` : `${one.pages} pages beside ${one.runs} rotations`, value };
}

/** A window without a reading of the fleet says nothing, which is called unknown. */
function readsLine(one: Measured, many: Measured, seconds: number): Line {
  const what = `reads of ARM for ${many.pages} pages, as a multiple of those for one`;
  // A measurement may hold one reading more than the other.
  const goal = 'no more than one reading more';
  if (one.armPerMinute === 0 || many.armPerMinute === 0) return { what, value: 'unknown: measure for longer', goal };
  return {
    what,
    value: (many.armPerMinute / one.armPerMinute).toFixed(2),
    goal,
    met: many.armPerMinute <= one.armPerMinute * (1 + 120 / seconds),
  };
}

/** What pages cost the app in a measurement, beyond another one. */
function costOf(many: Measured, less: Measured): number | undefined {
  return many.cores === undefined || less.cores === undefined ? undefined : many.cores - less.cores;
}

/** The same windows with rotations in progress: what they cost themselves is in both. */
async function measureBesideRuns(stack: Stack, size: FleetSize, watch: Watch, perMinute: number): Promise<Measured[]> {
  const { controlPlane, endpoints } = stack;
  const app = endpoints.functions;
  const devices = await startDevices(controlPlane, app.url);
  try {
    const clients = seededClients(sitesOf(controlPlane.world, size), size).values();
    const beside = () => startRuns(clients, { app, perMinute, seconds: watch.seconds });
    const measured: Measured[] = [];
    for (const pages of [0, watch.pages]) measured.push(await measure(stack, { ...watch, pages, beside }));
    return measured;
  } finally {
    await devices.close();
  }
}

function besideLines([idle, many]: readonly Measured[]): Line[] {
  if (idle === undefined || many === undefined) return [];
  const cost = costOf(many, idle);
  return [
    ...[idle, many].map(lineOf),
    {
      what: `${many.pages} pages, more than none, beside rotations`,
      value: cost === undefined ? 'unknown' : `${(100 * cost).toFixed(1)} % of a core`,
    },
  ];
}

await runBench(
  HELP,
  {
    clients: { type: 'string', default: '5000' },
    pages: { type: 'string', default: '50' },
    every: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '120' },
    runs: { type: 'string', default: '0' },
    set: { type: 'string', multiple: true, default: [] as string[] },
  },
  async (flags) => {
    const clients = wholeNumber('clients', flags.clients, 1, 20_000);
    const pages = wholeNumber('pages', flags.pages, 2, 1000);
    const every = wholeNumber('every', flags.every, 1, 600);
    const seconds = wholeNumber('seconds', flags.seconds, 1, 3600);
    const runs = wholeNumber('runs', flags.runs, 0, 600);
    const connectedRegistries = Math.ceil(clients / CLIENTS_EACH);
    const size = { clients, connectedRegistries, registries: Math.ceil(connectedRegistries / SITES_EACH) };
    const settings = appSettings(flags.set, undefined);
    const before = await usedByOthers();
    const folder = await mkdtemp(join(tmpdir(), 'bench-ui-'));
    const stack = await startStack({
      dataFolder: folder,
      device: false,
      reset: true,
      prepare: (controlPlane) => prepare(controlPlane, size, settings),
    });
    try {
      const idle = await measure(stack, { pages: 0, every, seconds: Math.min(seconds, 30) });
      await read(stack, clients);
      const one = await measure(stack, { pages: 1, every, seconds });
      const many = await measure(stack, { pages, every, seconds });
      const beside = runs === 0 ? [] : await measureBesideRuns(stack, size, { pages, every, seconds }, runs);
      const cost = costOf(many, idle);
      const memory = peakMemory([stack.pidOf('host')].filter((pid) => pid !== undefined));
      const lines: Line[] = [
        ...[idle, one, many].map(lineOf),
        {
          what: `${pages} pages, more than none`,
          value: cost === undefined ? 'unknown' : `${(100 * cost).toFixed(1)} % of a core`,
          goal: `under ${100 * GOAL} %`,
          ...(cost === undefined ? {} : { met: cost < GOAL }),
        },
        readsLine(one, many, seconds),
        ...besideLines(beside),
        {
          what: `loading the fleet into ${pages} pages, before`,
          value: many.openingSeconds === undefined ? 'unknown' : `${many.openingSeconds.toFixed(1)} s of a core`,
        },
        { what: 'most memory of the app and its host', value: memory === undefined ? 'unknown' : megabytes(memory) },
      ];
      const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores`;
      process.stdout.write(`${machine}; ${clients} clients\n\n${tableText(lines)}\n\n`);
      const missed = missedIn(lines);
      process.stdout.write(`${verdict(missed, [before, await usedByOthers()])}\n`);
      if (flags.json) process.stdout.write(`${JSON.stringify([idle, one, many, ...beside], undefined, 2)}\n`);
      return flags.strict && missed.length > 0 ? 1 : 0;
    } finally {
      await stack.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
);

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`;
}
