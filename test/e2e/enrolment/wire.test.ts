import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startRecordingProxy, type RecordingProxy } from '@connected-registry/local-stack/stack/devices/recordingProxy';
import { formsOf } from '@connected-registry/protocol/redaction/secretForms';
import { NeedleSearch } from '../../needles/needleSearch.js';
import { startChild, type Child } from '../../shared/childProcess.js';
import { onboardingOf } from '../harness/appClient.js';
import { PATIENCE } from '../harness/hostUnderTest.js';
import type { Login } from '../harness/operatorSdk.js';
import { TakingAway } from '../harness/takingAway.js';
import type { TestStack } from '../harness/testStack.js';
import { joinedAgent, startStackForAgents } from './joinedAgent.js';
import { Joiner } from './joiner.js';
import { provenReports } from './provenReports.js';

/*
 * What somebody reads who ends TLS between a device and the app, a proxy of the site for example: no password and no
 * report key, whatever happens to the device.
 */

const CLIENT = 'recorded';
const within = { timeout: PATIENCE * 1000, interval: 100 };
const membership = z.looseObject({
  pass: z.string(),
  channelKey: z.string(),
  thumbprint: z.string(),
  keysSince: z.string(),
});
const privateKey = z.looseObject({ d: z.string() });
const keyFile = z.object({ signing: privateKey, sealing: privateKey });

let it: TestStack;
let proxy: RecordingProxy;
let device: string;
const children: Child[] = [];
beforeAll(async () => {
  it = await startStackForAgents();
  proxy = await startRecordingProxy(it.stack);
  device = mkdtempSync(join(tmpdir(), 'recorded-device-'));
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.end()));
  await proxy.close();
  rmSync(device, { recursive: true, force: true, maxRetries: 5 });
  await it.dispose();
});

const engineFile = () => join(device, 'config.json');
const membershipFile = () => join(device, 'keys', 'membership.json');
const kept = () => membership.parse(JSON.parse(readFileSync(membershipFile(), 'utf8')));

/** What must not leave the device now: the private parts of its keys, and the secret that it shares with the app. */
function ownSecrets(): string[] {
  const { thumbprint, channelKey } = kept();
  const { signing, sealing } = keyFile.parse(
    JSON.parse(readFileSync(join(device, 'keys', `keys-${thumbprint}.json`), 'utf8')),
  );
  return [signing.d, sealing.d, channelKey];
}

function run(args: string[], env: Record<string, string>): Child {
  const trust = { NODE_EXTRA_CA_CERTS: it.stack.endpoints.azure.caFile };
  const child = startChild('agent/main.js', args, { JOIN_FOLDER: join(device, 'keys'), ...trust, ...env });
  children.push(child);
  return child;
}

/** Joins through the proxy, as all of the device's later requests go. @returns the join token */
async function joins(): Promise<string> {
  const token = await new Joiner(it).token(CLIENT);
  const tokenFile = join(device, 'token');
  writeFileSync(tokenFile, token);
  const child = run(['join', '--token-file', tokenFile, '--url', proxy.url], {});
  expect(await child.exit, child.stderr()).toBe(0);
  return token;
}

async function starts(): Promise<Child> {
  const child = run([], joinedAgent(it, engineFile()));
  await child.says(/DEVICE READY/);
  return child;
}

/** All that is secret of a login: the password, the pair, and the file that has it. */
const secretsOf = ({ host, user, password }: Login) => {
  const pair = `${user}:${password}`;
  const auth = Buffer.from(pair).toString('base64');
  return [password, pair, auth, JSON.stringify({ auths: { [host]: { auth } } })];
};
const searchFor = (secrets: readonly string[]) => new NeedleSearch(secrets.flatMap(formsOf));
const isRead = (search: NeedleSearch) => ({
  inRequests: proxy.exchanges.some(({ request }) => search.isIn(request)),
  inAnswers: proxy.exchanges.some(({ answer }) => search.isIn(answer)),
});

/** Files of the app, its host and the stand-ins in which something is. */
const filesWith = (search: NeedleSearch, folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && search.isIn(readFileSync(join(entry.parentPath, entry.name))))
    .map(({ name }) => name);

const sealedAnswers = () =>
  proxy.exchanges.filter(({ path, status }) => path.startsWith('/api/devices/secrets?') && status === 200);

const reported = () => provenReports(it, proxy.exchanges);

test('whoever ends TLS between a device and the app reads no password and no report key while it joins, is onboarded, rotated and revoked', async () => {
  const token = await joins();
  const agent = await starts();
  const acknowledged = () => agent.stderr().match(/"acknowledgement":"accepted"/g)?.length ?? 0;

  expect(await it.app.end(await it.app.start(onboardingOf(CLIENT)))).toMatchObject({ status: 'completed' });
  await expect.poll(acknowledged, within).toBe(1);
  const onboarded = await it.operator.logins();
  const firstFile = readFileSync(engineFile());

  expect(await it.app.end(await it.app.rotate(CLIENT))).toMatchObject({ status: 'completed' });
  await expect.poll(acknowledged, within).toBe(2);
  const rotated = await it.operator.logins();
  const secondFile = readFileSync(engineFile());

  // Its keys come of age: the renewal passes by the proxy, too.
  await agent.end();
  const first = kept();
  const before = ownSecrets();
  writeFileSync(membershipFile(), JSON.stringify({ ...first, keysSince: '2020-01-01T00:00:00Z' }));
  const renewed = await starts();
  await expect.poll(() => kept().thumbprint, within).not.toBe(first.thumbprint);
  const { pass } = kept();
  const own = [...before, ...ownSecrets()];

  expect(await new TakingAway(it).revoke(CLIENT)).toMatchObject({ status: 'completed' });
  await expect.poll(() => renewed.stderr(), within).toContain("the device's key has ended");
  await renewed.end();

  const passwords = [...onboarded, ...rotated, ...(await it.operator.logins())];
  expect(new Set(passwords.map(({ password }) => password)).size).toBeGreaterThan(1);
  const search = searchFor(passwords.flatMap(secretsOf));
  expect(isRead(search)).toEqual({ inRequests: false, inAnswers: false });

  // Nor what is the device's own, in its first keys and in the next ones.
  expect(new Set(own).size).toBe(6);
  expect(isRead(searchFor(own))).toEqual({ inRequests: false, inAnswers: false });
  expect(filesWith(searchFor(own), it.stack.ground.dataFolder)).toEqual([]);

  // The device has got both credentials, by the proxy and sealed; and the search finds what is there.
  expect([firstFile, secondFile].map((file) => search.isIn(file))).toEqual([true, true]);
  expect(firstFile.equals(secondFile)).toBe(false);
  expect(sealedAnswers().length).toBeGreaterThan(1);
  for (const { answer } of sealedAnswers())
    expect(answer.toString('latin1')).toMatch(/\r\n\r\n\{"sealed":"[\w-]+(\.[\w-]+){4}"\}$/);
  const encodings = proxy.exchanges.flatMap(({ answer }) => /^content-encoding:.*$/im.exec(answer.toString('latin1')));
  expect(encodings.filter((found) => found !== null)).toEqual([]);
  // What is meant to be sent is found, encoded in signatures: the pass, and the join token but for its secret part.
  const secretPart = token.split('.').at(-1) ?? '';
  expect(isRead(searchFor([token.slice(0, -secretPart.length - 1)]))).toEqual({ inRequests: true, inAnswers: false });
  expect(isRead(searchFor([secretPart]))).toEqual({ inRequests: false, inAnswers: false });
  expect(isRead(searchFor([pass]))).toEqual({ inRequests: true, inAnswers: false });

  // Two pull checks and two acknowledgements at least: each proves its key, which nothing that has passed holds.
  const keys = reported();
  expect(keys.length).toBeGreaterThan(3);
  expect(keys.filter(({ isProven }) => !isProven)).toEqual([]);
  expect(isRead(searchFor(keys.map(({ key }) => key)))).toEqual({ inRequests: false, inAnswers: false });
});
