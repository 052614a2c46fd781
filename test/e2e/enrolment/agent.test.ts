import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { startChild, type Child } from '../../shared/childProcess.js';
import { onboardingOf } from '../harness/appClient.js';
import { pullManifest } from '../harness/edge.js';
import { PATIENCE } from '../harness/hostUnderTest.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { TakingAway } from '../harness/takingAway.js';
import type { TestStack } from '../harness/testStack.js';
import { joinedAgent, startStackForAgents } from './joinedAgent.js';
import { Joiner } from './joiner.js';

/*
 * The agent as a device runs it: its own process, which knows the app's address and a join token, and nothing of Azure.
 */

const membership = z.looseObject({ thumbprint: z.string(), keysSince: z.string() });
const within = { timeout: PATIENCE * 1000, interval: 100 };

let it: TestStack;
let joiner: Joiner;
let device: string;
const children: Child[] = [];
const said: (() => string)[] = [];
beforeAll(async () => {
  it = await startStackForAgents();
  joiner = new Joiner(it);
});
afterAll(() => it.dispose());
beforeEach(() => {
  device = mkdtempSync(join(tmpdir(), 'joined-device-'));
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.end()));
  rmSync(device, { recursive: true, force: true, maxRetries: 5 });
});

const folder = () => join(device, 'keys');
const engineFile = () => join(device, 'config.json');
const engine = () => {
  try {
    return JSON.parse(readFileSync(engineFile(), 'utf8')) as unknown;
  } catch {
    return undefined;
  }
};
const membershipFile = () => join(folder(), 'membership.json');
const kept = () => membership.parse(JSON.parse(readFileSync(membershipFile(), 'utf8')));

/** Keys, membership and whatever else is in the device's folder. */
const enrolmentFiles = () =>
  readdirSync(folder(), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(folder(), name), 'utf8'));

function run(args: string[], env: Record<string, string>): Child {
  const child = startChild('agent/main.js', args, { JOIN_FOLDER: folder(), ...env });
  children.push(child);
  said.push(() => `${child.stdout()}${child.stderr()}`);
  return child;
}

/** Runs `agent join`, and waits for its end. */
async function joinsWith(token: string, ...more: string[]): Promise<Child> {
  const tokenFile = join(device, 'token');
  writeFileSync(tokenFile, token);
  const child = run(['join', '--token-file', tokenFile, '--url', it.stack.endpoints.functions.url, ...more], {});
  await child.exit;
  return child;
}

/** Joins with a new token, in place of a device if there is one. */
const joins = async (client: string, ...more: string[]) =>
  joinsWith(await joiner.token(client, { replace: true }), ...more);

async function starts(): Promise<Child> {
  const child = run([], joinedAgent(it, engineFile()));
  await child.says(/DEVICE READY/);
  return child;
}

/** What the vault has for the client's engines. */
async function vaulted(client: string): Promise<unknown> {
  const { value } = await it.operator.secrets.getSecret(it.secretOf(client));
  return JSON.parse(value ?? '');
}

const acknowledged = (agent: Child) =>
  agent.stderr().match(/"promotion acknowledged".*"acknowledgement":"accepted"/g)?.length ?? 0;

test('a device joins, is onboarded, gets every rotated credential with renewed keys, and is shut out by a revocation', async () => {
  const client = 'joined-agent';
  const joined = await joins(client);
  const { registry } = it.stack.endpoints.azure;
  expect([await joined.exit, joined.stdout()], joined.stderr()).toEqual([
    0,
    `JOINED ${registry}/${it.stack.endpoints.edge.connectedRegistry}/${client}\n`,
  ]);
  const first = kept();
  const agent = await starts();

  const onboarded = await it.app.end(await it.app.start(onboardingOf(client)));
  expect(onboarded).toMatchObject({ status: 'completed', result: { pull: { image: 'hello-world:latest' } } });
  await expect.poll(engine, within).toEqual(await vaulted(client));
  await expect.poll(() => acknowledged(agent), within).toBe(1);

  // Its keys come of age.
  await agent.end();
  writeFileSync(membershipFile(), JSON.stringify({ ...first, keysSince: '2020-01-01T00:00:00Z' }));
  const renewed = await starts();
  await expect
    .poll(() => kept().thumbprint, { timeout: 2 * PATIENCE * 1000, interval: 100 })
    .not.toBe(first.thumbprint);
  const shown = await it.app.get(`clients/${it.secretOf(client)}`);
  expect(shown.text).toContain(kept().thumbprint);

  const before = engine();
  const rotated = await it.app.end(await it.app.rotate(client));
  expect(rotated).toMatchObject({ kind: 'rotate', status: 'completed' });
  await expect.poll(engine, within).toEqual(await vaulted(client));
  expect(engine()).not.toEqual(before);
  await expect.poll(() => acknowledged(renewed), within).toBe(1);
  const login = await it.operator.login(it.secretOf(client));
  expect(await pullManifest(login, 'hello-world')).toMatchObject({ status: 200 });

  const [revocation = ''] = await new TakingAway(it).start('revocations', client);
  await expect.poll(() => renewed.stderr(), within).toContain("the device's key has ended");
  expect(await new TakingAway(it).end(revocation)).toMatchObject({ status: 'completed' });
  // What the agents have said, and what they have written of the enrolment.
  const texts = [...said.map((one) => one()), ...enrolmentFiles()];
  expect(enrolmentFiles().join()).toContain(kept().thumbprint);
  expect(await findPasswords(it, texts, [login])).toMatchObject({ found: [], inVaultStore: true });
  expect(await findPasswords(it, [readFileSync(engineFile(), 'utf8')], [login])).toMatchObject({ found: ['text 0'] });
});

test('a device that was rebuilt joins with another token, and has its credential at once; the old one has not', async () => {
  const client = 'rebuilt-agent';
  await joins(client, '--key-type', 'ed25519');
  const old = await starts();
  const onboarded = await it.app.end(await it.app.start(onboardingOf(client)));
  expect(onboarded).toMatchObject({ status: 'completed' });
  await expect.poll(engine, within).toEqual(await vaulted(client));

  const lost = device;
  device = mkdtempSync(join(tmpdir(), 'joined-device-'));
  try {
    expect((await joins(client)).stdout()).toMatch(/^JOINED /);
    await starts();
    await expect.poll(engine, within).toEqual(await vaulted(client));
    await expect.poll(() => old.stderr(), within).toContain("the device's key has ended");
  } finally {
    await old.end();
    rmSync(lost, { recursive: true, force: true, maxRetries: 5 });
  }
});

test('a used, a revoked and a foreign token are refused with what to do', async () => {
  const client = 'refused-agent';
  const token = await joiner.token(client);
  expect(await (await joinsWith(token)).exit).toBe(0);
  rmSync(folder(), { recursive: true });
  const refusal = async (given: string) => {
    const child = await joinsWith(given);
    return [await child.exit, child.stderr()];
  };
  expect(await refusal(token)).toEqual([3, expect.stringContaining('used with other keys')]);
  await new TakingAway(it).revoke(client);
  expect(await refusal(token)).toEqual([3, expect.stringContaining('not valid any more')]);
  const foreign = 'crjoin1.Zm9v.azE.bWFj';
  expect(await refusal(foreign)).toEqual([3, expect.stringContaining('does not accept the join token')]);
});
