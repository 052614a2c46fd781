import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { countArmRequests, forgetRequests } from '../../stack/armRequests.js';
import { UNTHROTTLED } from '../../stack/unthrottled.js';
import type { ControlPlane, Stack } from '../../stack/stack.js';
import { QuickstartByHand } from '../quickstart/byHand.js';
import { startFleetStack } from './appHosts.js';
import { countingSettings, measureUse, preloads, type AppUse } from './appUse.js';
import { startDevices } from './devices.js';
import type { FleetPlan } from './flags.js';
import type { MeasuredFleet } from './fleetTable.js';
import { buildFleet, identityNames, identitySettings, makeIdentities, registryIds, sitesOf } from './fleetWorld.js';
import { bucketsOf, floorOf, neededRequests, type Bucket } from './floor.js';
import { fleetEnd } from './fleetEnd.js';
import { ENDPOINT, onboardFleet } from './onboardFleet.js';
import { joinFleet } from './joined/joinFleet.js';
import { rolloutFleet } from './rolloutFleet.js';
import { countRequests } from './requestCounts.js';

/** Devices that the quickstart's commands are measured with. */
const BY_HAND = 10;
/** Milliseconds between two reads of the operations, on a real clock. */
const READ_EVERY = 500;
/** Real seconds that a jump of the clock waits for processes to be idle. */
const JUMP_WITHIN = 2;

const clockState = z.object({ now: z.iso.datetime() });

/** Starts everything, onboards the fleet and stops everything. */
export async function measureFleet(
  plan: FleetPlan,
  dataFolder: string,
  hostScript: string | undefined,
  say: (text: string) => void,
  hasBudget = true,
): Promise<MeasuredFleet> {
  say('everything starts');
  const running = await startFleetStack(
    {
      dataFolder,
      device: false,
      reset: true,
      // Time must pass while everything starts.
      clock: plan.clock === 'standing' ? 'scaled' : plan.clock,
      clockStands: plan.clock === 'standing',
      azurePace: plan.isPaced,
      prepare: async (controlPlane) => ({
        ...(await prepareFleet(plan, controlPlane, say)),
        ...appModules(plan, dataFolder, hasBudget),
      }),
    },
    hostScript,
  );
  try {
    return await measure(plan, running.stack, () => measureUse(dataFolder, () => running.pids()), say);
  } finally {
    await running.stop();
  }
}

/** Creates the fleet's registries and the app's identities before the app starts. @returns the app's settings */
async function prepareFleet(
  plan: FleetPlan,
  controlPlane: ControlPlane,
  say: (text: string) => void,
): Promise<Record<string, string>> {
  await setThrottling(controlPlane, 0);
  say(`${plan.connectedRegistries} connected registries are created`);
  const identities = await makeIdentities(controlPlane, plan.identities);
  await buildFleet(
    controlPlane,
    plan,
    identities.map(({ objectId }) => objectId),
  );
  return {
    REGISTRIES: registryIds(controlPlane.world, plan).join(','),
    ALLOWED_ENDPOINTS: ENDPOINT,
    // All devices report from one address.
    REPORTS_PER_MINUTE: '100000',
    ...(plan.isJoined ? { POLLS_AT_ONCE: String(openPolls(plan.clients)) } : {}),
    ...identitySettings(controlPlane.url, identities),
    ...limitSettings(plan.slower),
    ...(plan.isThrottled ? {} : UNTHROTTLED),
    ...plan.settings,
  };
}

/** Each device that has joined keeps one request open; never less than the app's default. */
function openPolls(clients: number): number {
  return Math.min(10_000, Math.max(200, clients));
}

/** Variables of the app's process that load what measures it, or takes the budget out of it. */
function appModules({ clock }: FleetPlan, dataFolder: string, hasBudget: boolean): Record<string, string> {
  const modules = hasBudget ? [] : ['local-stack/bench/fleet/withoutBudget.js'];
  // Its timer would keep a clock from jumping.
  if (clock === 'real') return countingSettings(dataFolder, modules);
  return hasBudget ? {} : preloads(['clock/preload.js', ...modules]);
}

/** @param slower divisor of the published limits */
async function setThrottling({ https, url }: ControlPlane, throttling: number, slower = 1): Promise<void> {
  const rate = ({ burst: size, perSecond }: Bucket): unknown => ({ size, perSecond });
  const { reads, writes, deletes } = bucketsOf(1, slower);
  const rateLimits = { reads: rate(reads), writes: rate(writes), deletes: rate(deletes) };
  const body = slower === 1 ? { throttling } : { throttling, rateLimits };
  const { status } = await https(`${url}/_control/settings`, { method: 'PATCH', body });
  if (status !== 200) throw new Error(`The control plane refused its settings with ${status}.`);
}

/** Lower limits, which the app must know before the first answer. */
function limitSettings(slower: number): Record<string, string> {
  if (slower === 1) return {};
  const { reads, writes, deletes } = bucketsOf(1, slower);
  return {
    ARM_READ_BUCKET: String(Math.floor(reads.burst)),
    ARM_READS_PER_SECOND: String(Math.floor(reads.perSecond)),
    ARM_WRITE_BUCKET: String(Math.floor(writes.burst)),
    ARM_WRITES_PER_SECOND: String(Math.floor(writes.perSecond)),
    ARM_DELETE_BUCKET: String(Math.floor(deletes.burst)),
    ARM_DELETES_PER_SECOND: String(Math.floor(deletes.perSecond)),
  };
}

async function measure(
  plan: FleetPlan,
  stack: Stack,
  startMeasuring: () => () => AppUse,
  say: (text: string) => void,
): Promise<MeasuredFleet> {
  const { controlPlane, endpoints } = stack;
  const { https, url, world } = controlPlane;
  const sites = sitesOf(world, plan);
  const app = endpoints.functions;
  if (plan.isJoined) say(`${plan.clients} devices join`);
  const joined = plan.isJoined ? await joinFleet({ app, clients: plan.clients, sites }) : undefined;
  const devices = joined ?? (await startDevices(controlPlane, app.url));
  try {
    if (plan.isThrottled) await setThrottling(controlPlane, 1, plan.slower);
    const byHand = plan.isComparedWithAz ? await measureByHand(stack, say) : undefined;
    await forgetRequests(url, https);
    say(`${plan.clients} clients`);
    const time = plan.clock === 'real' ? REAL_TIME : jumpingTime(stack.clockUrl);
    const stand = async () => {
      if (plan.clock === 'standing') await setClock(stack.clockUrl, 'jumping');
    };
    if (!plan.isRollout) await stand();
    const [started, realStart] = [await time.now(), performance.now()];
    const used = startMeasuring();
    const fleet = {
      app,
      clients: plan.clients,
      sites,
      promoted: devices.promoted,
      pass: () => time.pass(),
      say,
    };
    const onboarded = plan.isRollout ? rolloutFleet({ ...fleet, accepted: stand }) : onboardFleet(fleet).then(fleetEnd);
    const { completed, failures, repeated, at } = await unlessFailed(onboarded, joined?.failed);
    const { clients, connectedRegistries, registries } = plan;
    return {
      size: { clients, connectedRegistries, registries },
      identities: plan.identities,
      isRollout: plan.isRollout,
      seconds: (at - started) / 1000,
      realSeconds: (performance.now() - realStart) / 1000,
      isClockJumping: plan.clock !== 'real',
      floor: plan.isThrottled ? floorOf(neededRequests(plan), bucketsOf(plan.identities, plan.slower)) : undefined,
      completed,
      failures,
      repeated,
      requests: await countRequests(url, https, identityNames(plan.identities)),
      use: used(),
      ...(byHand ? { byHand } : {}),
      ...(joined ? { joined: joined.joined } : {}),
    };
  } finally {
    if (plan.clock === 'standing') await setClock(stack.clockUrl, 'scaled');
    await devices.close();
  }
}

/** @throws the reason as soon as the devices have failed */
async function unlessFailed<T>(work: Promise<T>, failed: Promise<void> | undefined): Promise<T> {
  await Promise.race([work, ...(failed ? [failed] : [])]);
  return work;
}

/**
 * Onboards some devices by the quickstart's commands, one after the other, on a connected registry outside the fleet.
 */
async function measureByHand(stack: Stack, say: (text: string) => void): Promise<MeasuredFleet['byHand']> {
  say(`${BY_HAND} devices by the quickstart's commands`);
  const { https } = stack.controlPlane;
  const { arm } = stack.endpoints.azure;
  const byHand = new QuickstartByHand(stack);
  await forgetRequests(arm, https);
  const started = performance.now();
  for (let n = 1; n <= BY_HAND; n += 1) await byHand.onboard(n);
  const seconds = (performance.now() - started) / 1000;
  const { writes } = await countArmRequests(arm, https, 'operator');
  return { devices: BY_HAND, seconds, writes };
}

interface FleetTime {
  /** In milliseconds since the epoch. */
  now(): Promise<number>;
  pass(): Promise<void>;
}

const REAL_TIME: FleetTime = { now: () => Promise.resolve(Date.now()), pass: () => sleep(READ_EVERY) };

async function setClock(clockUrl: string, mode: 'jumping' | 'scaled'): Promise<void> {
  const answer = await fetch(clockUrl, { method: 'POST', body: JSON.stringify({ mode }) });
  if (answer.status !== 200) throw new Error(`The clock answered ${answer.status}: ${await answer.text()}`);
}

/** A clock that jumps to the next due time as soon as all processes are idle. */
function jumpingTime(clockUrl: string): FleetTime {
  return {
    now: async () => Date.parse(clockState.parse(await (await fetch(clockUrl)).json()).now),
    pass: async () => {
      const answer = await fetch(`${clockUrl}/jump`, {
        method: 'POST',
        body: JSON.stringify({ withinSeconds: JUMP_WITHIN }),
      });
      await answer.arrayBuffer();
      // 409: a process is still working, and the clock continues at its normal rate.
      if (answer.status !== 200 && answer.status !== 409) throw new Error(`The clock answered ${answer.status}.`);
    },
  };
}
