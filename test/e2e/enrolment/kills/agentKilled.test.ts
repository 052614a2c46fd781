import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CompactSign, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { signatureAlgorithm, signingKey } from '@connected-registry/protocol/enrolment/deviceKeys';
import { DEVICE_MESSAGES_PATH } from '@connected-registry/protocol/enrolment/messages';
import { signRequest, type RequestSigner } from '@connected-registry/protocol/enrolment/signedRequests';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { startChild, type Child } from '../../../shared/childProcess.js';
import { PATIENCE } from '../../harness/hostUnderTest.js';
import { ofRing } from '../../harness/ring.js';
import { startTestStack, type TestStack } from '../../harness/testStack.js';
import { joinedAgent } from '../joinedAgent.js';
import { Joiner } from '../joiner.js';

/*
 * The real agent at the real app, killed before its first step, its second, and so on. A step is what changes its disk, or a
 * request or answer. What is said again, or started again, ends as if nothing had been killed. The agent's own tests try every
 * step against a stand-in for the app; here the default ring tries one of a few.
 */

const KILLER = new URL('../../../../packages/agent/test/under-test/killAfter.mjs', import.meta.url).href;
/** Steps between two that are tried. */
const STRIDE = ofRing({ default: 13, long: 1 });
/** More steps than a program has. */
const TOO_MANY = 200;
const within = { timeout: PATIENCE * 1000, interval: 50 };

const membership = z.looseObject({ thumbprint: z.string(), pass: z.string(), renewal: z.unknown().optional() });

let it: TestStack;
let joiner: Joiner;
let above: string;
const children: Child[] = [];
beforeAll(async () => {
  it = await startTestStack({ device: false, settings: { REPORTS_PER_MINUTE: '100000' } });
  joiner = new Joiner(it);
  above = mkdtempSync(join(tmpdir(), 'killed-agents-'));
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.end('SIGKILL')));
  await it.dispose();
  rmSync(above, { recursive: true, force: true, maxRetries: 5 });
});

/** A device's disk, and the agent that runs on it. */
class Disk {
  readonly #place = mkdtempSync(join(above, 'disk-'));

  get folder(): string {
    return join(this.#place, 'keys');
  }

  /** Has the same command said with another token. */
  async joins(token: string, more: readonly string[] = [], killAt?: number): Promise<number | null> {
    const file = join(this.#place, 'token');
    writeFileSync(file, token);
    const { url } = it.stack.endpoints.functions;
    return this.#run(['join', '--token-file', file, '--url', url, ...more], {}, killAt).exit;
  }

  start(killAt?: number): Child {
    const env = { ...joinedAgent(it, join(this.#place, 'config.json')), POLL_WAIT_SECONDS: '0' };
    return this.#run([], { ...env, POLL_INTERVAL_SECONDS: '0.2' }, killAt);
  }

  membership(): z.infer<typeof membership> {
    return membership.parse(JSON.parse(readFileSync(join(this.folder, 'membership.json'), 'utf8')));
  }

  /** Has the device believe that its keys are old. */
  age(): void {
    const old = { ...this.membership(), keysSince: '2020-01-01T00:00:00Z' };
    writeFileSync(join(this.folder, 'membership.json'), JSON.stringify(old), { mode: 0o600 });
  }

  /** Keys and memberships, halves of them included. */
  files(): string[] {
    return readdirSync(this.folder).filter((name) => name.endsWith('.json') || name.endsWith('.new'));
  }

  #run(args: string[], env: Record<string, string>, killAt?: number): Child {
    const killing = killAt === undefined ? {} : { NODE_OPTIONS: `--import=${KILLER}`, KILL_AT: String(killAt) };
    const child = startChild('agent/main.js', args, { JOIN_FOLDER: this.folder, ...env, ...killing });
    children.push(child);
    return child;
  }
}

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
 */
async function everyStep(tryStep: (at: number) => Promise<boolean>): Promise<number> {
  let killed = 0;
  for (let at = 1; at < TOO_MANY; at += STRIDE) {
    if (await tryStep(at)) return killed;
    killed += 1;
  }
  throw new Error('The program has more steps than expected.');
}

const LEAST = Math.floor(20 / STRIDE);

test('a join that is killed at any step, and then the app, is completed by the same command, with the keys that the app may have', async () => {
  const killed = await everyStep(async (at) => {
    const [client, disk] = [`killed-join-${at}`, new Disk()];
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

/** Asks for messages with what is on the disk. @returns the answer's status */
async function asksWith(disk: Disk): Promise<number> {
  const { thumbprint, pass } = disk.membership();
  const file = JSON.parse(readFileSync(join(disk.folder, `keys-${thumbprint}.json`), 'utf8')) as { signing: JWK };
  const { d: _secret, ...rest } = file.signing;
  const publicKey = signingKey.parse(rest);
  const key = await importJWK(file.signing, signatureAlgorithm(publicKey));
  const signer: RequestSigner = {
    publicKey,
    sign: (header, payload) => new CompactSign(payload).setProtectedHeader({ ...header }).sign(key),
  };
  const path = `${DEVICE_MESSAGES_PATH}?wait=0`;
  const authorization = await signRequest({ method: 'GET', path, body: '' }, pass, signer, new Date());
  const { status } = await fetch(`${it.stack.endpoints.functions.url}${path}`, { headers: { authorization } });
  return status;
}

test('a join in place of another that is killed at any step leaves the old device or the new one, and is completed', async () => {
  const killed = await everyStep(async (at) => {
    const [client, disk] = [`killed-again-${at}`, new Disk()];
    expect(await disk.joins(await joiner.token(client))).toBe(0);
    const before = disk.membership().thumbprint;
    const token = await joiner.token(client, { replace: true });
    const code = await disk.joins(token, ['--again'], at);
    // Until the new token was used, the device is let in as before.
    const isOld = (await recorded(client)) === before;
    const isWritten = disk.membership().thumbprint !== before;
    expect(await asksWith(disk), `killed before step ${at}`).toBe(isOld || isWritten ? 204 : 403);
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
    const [client, disk] = [`killed-renewal-${at}`, new Disk()];
    expect(await disk.joins(await joiner.token(client))).toBe(0);
    const before = disk.membership().thumbprint;
    disk.age();
    const first = disk.start(at);
    const isComplete = await renews(first, disk, before);
    await first.end();
    const next = isComplete ? undefined : disk.start();
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
    const disks = [new Disk(), new Disk()];
    const token = await joiner.token(client);
    const [first] = await Promise.all(disks.map((disk, nth) => disk.joins(token, [], nth === 0 ? at : undefined)));
    const joined: Disk[] = [];
    for (const disk of disks) {
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
