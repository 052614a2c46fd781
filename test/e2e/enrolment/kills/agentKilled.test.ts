import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { startChild, type Child } from '../../../shared/childProcess.js';
import { onboardingOf } from '../../harness/appClient.js';
import { hostLog } from '../../harness/hostLog.js';
import { ON_REAL_HOST, PATIENCE } from '../../harness/hostUnderTest.js';
import { ofRing } from '../../harness/ring.js';
import type { TestStack } from '../../harness/testStack.js';
import { HubDevice, HubOperator, startStackForHubDevices } from '../hubDevices.js';
import { Joiner } from '../joiner.js';
import { Disks, KeptAgent, killing, type Disk } from './disks.js';

/*
 * The real agent at the real app, killed before its first step, its second, and so on. A step is what changes its disk,
 * or a request or answer. What is said again, or started again, ends as if nothing had been killed. The agent's own
 * tests try every step against a stand-in for the app; here the default ring tries one of a few.
 */

/** Steps between two that are tried. Microsoft's host takes a minute to go on after each kill of its own. */
const STRIDE = ofRing({ default: 13, long: ON_REAL_HOST ? 5 : 1 });
/** The same for an onboarding and a rotation, which have many steps. */
const STRIDE_OF_RUNS = ofRing({ default: 20, long: ON_REAL_HOST ? 5 : 1 });
/** Devices that are onboarded at the same time: each mostly waits. */
const RUNS_AT_ONCE = 4;
/** More steps than a program has. */
const TOO_MANY = 200;
const within = { timeout: PATIENCE * 1000, interval: 50 };

let it: TestStack;
let joiner: Joiner;
let disks: Disks;
beforeAll(async () => {
  it = await startStackForHubDevices({ REPORTS_PER_MINUTE: '100000' });
  joiner = new Joiner(it);
  disks = new Disks(it);
});
afterAll(async () => {
  await disks.close();
  await it.dispose();
});

/** What the app's record has as the device's key. */
async function recorded(client: string): Promise<string | undefined> {
  const { registry } = it.stack.endpoints.azure;
  const { text } = await it.app.get(`clients/${clientKey({ registry, ...joiner.named(client) })}`);
  return /"thumbprint": ?"([^"]+)"/.exec(text)?.[1];
}

/** The disk has exactly the keys that the app knows. */
async function agrees(disk: Disk, client: string, at: number): Promise<void> {
  const { thumbprint, renewal } = disk.membership();
  expect(renewal).toBeUndefined();
  expect(disk.files(), `killed before step ${at}`).toEqual([`keys-${thumbprint}.json`, 'membership.json']);
  expect(await recorded(client), `killed before step ${at}`).toBe(thumbprint);
}

/**
 * Tries steps until the program was not killed any more.
 * @param tryStep returns whether the program did all of its steps
 * @returns how often it was killed
 */
async function everyStep(
  tryStep: (at: number) => Promise<boolean>,
  { stride, atOnce } = { stride: STRIDE, atOnce: 1 },
): Promise<number> {
  let killed = 0;
  for (let at = 1; at < TOO_MANY; at += stride * atOnce) {
    const trials = Array.from({ length: atOnce }, (_, more) => tryStep(at + more * stride));
    const complete = (await Promise.all(trials)).filter(Boolean).length;
    killed += atOnce - complete;
    if (complete > 0) return killed;
  }
  throw new Error('The program has more steps than expected.');
}

const LEAST = Math.floor(20 / STRIDE);

test('a join that is killed at any step, and then the app, is completed by the same command, with the keys that the app may have', async () => {
  const killed = await everyStep(async (at) => {
    const [client, disk] = [`killed-join-${at}`, disks.create()];
    const token = await joiner.token(client);
    const code = await disk.joins(token, [], at);
    const known = await recorded(client);
    // The app's host dies as well, before the device comes back.
    if (code === null) await it.crashHost();
    expect(code === 0 ? 0 : await disk.joins(token), `killed before step ${at}`).toBe(0);
    await agrees(disk, client, at);
    expect(disk.membership().thumbprint).toBe(known ?? disk.membership().thumbprint);
    return code === 0;
  });
  expect(killed).toBeGreaterThanOrEqual(LEAST);
});

test('a join in place of another that is killed at any step leaves the old device or the new one, and is completed', async () => {
  const killed = await everyStep(async (at) => {
    const [client, disk] = [`killed-again-${at}`, disks.create()];
    expect(await disk.joins(await joiner.token(client))).toBe(0);
    const before = disk.membership().thumbprint;
    const token = await joiner.token(client, { replace: true });
    const code = await disk.joins(token, ['--again'], at);
    // Until the new token was used, the device is let in as before.
    const isOld = (await recorded(client)) === before;
    const isWritten = disk.membership().thumbprint !== before;
    expect(await disk.asks(), `killed before step ${at}`).toBe(isOld || isWritten ? 204 : 403);
    expect([isOld, isWritten]).not.toEqual([true, true]);
    expect(code === 0 ? 0 : await disk.joins(token, ['--again']), `killed before step ${at}`).toBe(0);
    await agrees(disk, client, at);
    expect(disk.membership().thumbprint).not.toBe(before);
    return code === 0;
  });
  expect(killed).toBeGreaterThanOrEqual(LEAST);
});

/** Waits until the agent has renewed its keys, and removed the old ones. @returns false if it was killed before */
async function renews(agent: Child, disk: Disk, old: string): Promise<boolean> {
  let isOver = false;
  void agent.exit.then(() => (isOver = true));
  const isRenewed = () => {
    const { thumbprint, renewal } = disk.membership();
    return thumbprint !== old && renewal === undefined && disk.files().length === 2;
  };
  await expect.poll(() => isOver || isRenewed(), within).toBe(true);
  return isRenewed();
}

test('a renewal that is killed at any step is completed by the next agent', async () => {
  const killed = await everyStep(async (at) => {
    const [client, disk] = [`killed-renewal-${at}`, disks.create()];
    expect(await disk.joins(await joiner.token(client))).toBe(0);
    const before = disk.membership().thumbprint;
    disk.age();
    const first = disk.startHurried(at);
    const isComplete = await renews(first, disk, before);
    await first.end();
    const next = isComplete ? undefined : disk.startHurried();
    expect(next === undefined || (await renews(next, disk, before)), next?.stderr()).toBe(true);
    await next?.end();
    await agrees(disk, client, at);
    return isComplete;
  });
  expect(killed).toBeGreaterThanOrEqual(Math.floor(15 / STRIDE));
});

test('of two agents with one token one joins, whichever of them is killed, and at whatever step', async () => {
  const killed = await everyStep(async (at) => {
    const client = `killed-race-${at}`;
    const both = [disks.create(), disks.create()];
    const token = await joiner.token(client);
    const [first] = await Promise.all(both.map((disk, nth) => disk.joins(token, [], nth === 0 ? at : undefined)));
    const joined: Disk[] = [];
    for (const disk of both) {
      const code = await disk.joins(token);
      expect([0, 3]).toContain(code);
      if (code === 0) joined.push(disk);
    }
    const [winner, ...others] = joined;
    expect(others, `killed before step ${at}`).toEqual([]);
    if (!winner) throw new Error(`None has joined, and one was killed before step ${at}.`);
    await agrees(winner, client, at);
    return first !== null;
  });
  expect(killed).toBeGreaterThanOrEqual(LEAST);
});

/** What the engine beside an agent logs in with. */
function engineOf({ engineFile }: { readonly engineFile: string }): unknown {
  try {
    return JSON.parse(readFileSync(engineFile, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Onboards and rotates a client. Each time its device must have pulled, and its engine must have what was promoted.
 * @param completed waits for what the device does after a run
 */
async function onboardsAndRotates(
  client: string,
  device: { readonly engineFile: string },
  trial: string,
  completed: (id: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  for (const start of [() => it.app.start(onboardingOf(client)), () => it.app.rotate(client)]) {
    const id = await start();
    const ended = await it.app.end(id);
    expect(ended, `${trial}: ${JSON.stringify(ended.failure)}`).toMatchObject({
      status: 'completed',
      result: { pull: { image: 'hello-world:latest' } },
    });
    const { value = '' } = await it.operator.secrets.getSecret(it.secretOf(client));
    const message = `${trial}: delivered`;
    await expect.poll(() => engineOf(device), { ...within, message }).toEqual(JSON.parse(value));
    await completed(id);
  }
}

const RUNS = { stride: STRIDE_OF_RUNS, atOnce: RUNS_AT_ONCE };
const LEAST_IN_RUNS = Math.floor(40 / STRIDE_OF_RUNS);

test('an agent that is killed at any step of an onboarding or a rotation pulls, delivers and acknowledges once it runs again', async () => {
  const killed = await everyStep(async (at) => {
    const [client, disk] = [`killed-in-run-${at}`, disks.create()];
    expect(await disk.joins(await joiner.token(client))).toBe(0);
    const agent = new KeptAgent((killAt) => disk.start(killAt), at);
    const trial = `killed before step ${at}`;
    // A promotion is repeated until it is acknowledged, or the next run has started.
    await onboardsAndRotates(client, disk, trial, async (id) => {
      const acknowledged = new RegExp(`promotion\\.acknowledge\\.succeeded.*${id}`);
      const isAcknowledged = () => acknowledged.test(hostLog(it));
      await expect.poll(isAcknowledged, { ...within, message: `${trial}: acknowledged` }).toBe(true);
    });
    return !(await agent.end());
  }, RUNS);
  expect(killed).toBeGreaterThanOrEqual(LEAST_IN_RUNS);
});

test('the agent of a hub’s device that is killed at any step of an onboarding or a rotation pulls and delivers once it runs again', async () => {
  const hub = new HubOperator(it);
  const killed = await everyStep(async (at) => {
    const client = `killed-of-hub-${at}`;
    const device = new HubDevice(it, client);
    const environment = await device.environment();
    const agent = new KeptAgent(
      (killAt) => startChild('agent/main.js', [], { ...environment, ...killing(killAt) }),
      at,
    );
    try {
      await expect.poll(() => hub.twin(client), within).toContain('"keys":"');
      await onboardsAndRotates(client, device, `killed before step ${at}`);
    } finally {
      await agent.end();
      await device.dispose();
    }
    return !(await agent.end());
  }, RUNS);
  expect(killed).toBeGreaterThanOrEqual(LEAST_IN_RUNS);
});
