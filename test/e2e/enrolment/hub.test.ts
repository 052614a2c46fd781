import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startRecordingProxy, type RecordingProxy } from '@connected-registry/local-stack/stack/devices/recordingProxy';
import { sealAnswer } from '@connected-registry/protocol/enrolment/authenticAnswers';
import { readHubKeys, signHubKeys } from '@connected-registry/protocol/enrolment/hubKeys';
import { formsOf } from '@connected-registry/protocol/redaction/secretForms';
import { NeedleSearch } from '../../needles/needleSearch.js';
import { signingDevice } from '../../shared/signingDevice.js';
import { onboardingOf } from '../harness/appClient.js';
import { pullManifest } from '../harness/edge.js';
import { hostLog } from '../harness/hostLog.js';
import { PATIENCE } from '../harness/hostUnderTest.js';
import type { Login } from '../harness/operatorSdk.js';
import { findPasswords } from '../harness/passwordSearch.js';
import { TakingAway } from '../harness/takingAway.js';
import type { TestStack } from '../harness/testStack.js';
import {
  HubDevice,
  HubOperator,
  recordHub,
  reportAnything,
  startStackForHubDevices,
  type HubRecording,
} from './hubDevices.js';
import { provenReports } from './provenReports.js';

/*
 * Devices of an IoT Hub that report keys in their twins: each is the agent in its own process, which knows its hub and
 * the app's address, and nothing of Entra or the vault.
 */

const within = { timeout: PATIENCE * 1000, interval: 100 };

let it: TestStack;
let hub: HubOperator;
let hubWire: HubRecording;
let appWire: RecordingProxy;
const devices: HubDevice[] = [];
beforeAll(async () => {
  it = await startStackForHubDevices();
  hub = new HubOperator(it);
  hubWire = await recordHub(it);
  appWire = await startRecordingProxy(it.stack);
});
afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.dispose()));
});
afterAll(async () => {
  await hubWire.close();
  await appWire.close();
  await it.dispose();
});

function deviceOf(client: string, via: ConstructorParameters<typeof HubDevice>[2] = {}): HubDevice {
  const device = new HubDevice(it, client, via);
  devices.push(device);
  return device;
}

const onboard = async (client: string, more = {}) => it.app.end(await it.app.start(onboardingOf(client, more)));
const rotate = async (client: string) => it.app.end(await it.app.rotate(client));
const shown = async (client: string) => (await it.app.get(`clients/${it.secretOf(client)}`)).text;

/** The thumbprint of the keys that the client's twin has. */
async function reported(client: string): Promise<string | undefined> {
  const keys = /"keys":"([^"]+)"/.exec(await hub.twin(client))?.[1];
  const found = await readHubKeys(keys, { hub: 'localhost', device: client });
  return 'fault' in found ? undefined : found.thumbprint;
}

/** What the vault has for the client's engines. */
async function vaulted(client: string): Promise<unknown> {
  const { value } = await it.operator.secrets.getSecret(it.secretOf(client));
  return JSON.parse(value ?? '');
}

const acknowledged = (log: string) => log.match(/"promotion acknowledged".*"acknowledgement":"accepted"/g)?.length ?? 0;

/** All that is secret of a login: the password, the pair, and the file that has it. */
const secretsOf = ({ host, user, password }: Login) => {
  const auth = Buffer.from(`${user}:${password}`).toString('base64');
  return [password, `${user}:${password}`, auth, JSON.stringify({ auths: { [host]: { auth } } })];
};
const searchFor = (secrets: readonly string[]) => new NeedleSearch(secrets.flatMap(formsOf));

test('a device joins by the keys in its twin, is onboarded and rotated by sealed methods, and is shut out', async () => {
  const client = 'vouched';
  const device = deviceOf(client, { app: appWire.url, hubPort: hubWire.port });
  const agent = await device.start();
  const onboarded = await onboard(client);
  expect(onboarded).toMatchObject({ status: 'completed', result: { pull: { image: 'hello-world:latest' } } });
  await expect.poll(() => device.engine(), within).toEqual(await vaulted(client));
  await expect.poll(() => acknowledged(agent.stderr()), within).toBe(1);
  for (const name of readdirSync(join(device.folder, 'keys')).filter((one) => one.endsWith('.json')))
    expect(statSync(join(device.folder, 'keys', name)).mode & 0o777, name).toBe(0o600);
  const reach = await shown(client);
  expect(reach).toContain('"kind":"hub"');
  expect(reach).toContain(device.thumbprint());
  await expect.poll(() => shown(client), within).toContain('lastContactAt');

  const logins = await it.operator.logins();
  expect(await rotate(client)).toMatchObject({ kind: 'rotate', status: 'completed' });
  await expect.poll(() => device.engine(), within).toEqual(await vaulted(client));
  await expect.poll(() => acknowledged(agent.stderr()), within).toBe(2);
  logins.push(...(await it.operator.logins()));
  expect(await pullManifest(await it.operator.login(it.secretOf(client)), 'hello-world')).toMatchObject({
    status: 200,
  });

  expect(await new TakingAway(it).revoke(client)).toMatchObject({ status: 'completed' });
  expect(await shown(client)).not.toContain(device.thumbprint());

  const search = searchFor(logins.flatMap(secretsOf));
  expect(search.isIn(readFileSync(device.engineFile))).toBe(true);
  expect(search.isIn(hubWire.bytes())).toBe(false);
  expect(appWire.exchanges.some(({ request, answer }) => search.isIn(request) || search.isIn(answer))).toBe(false);
  // What was sent is there, sealed: messages with their secrets, and no report key.
  const sent = hubWire.bytes().toString('latin1');
  expect(sent.match(/"message":"[\w-]+(\.[\w-]+){4}","secret":"[\w-]+(\.[\w-]+){4}"/g)?.length).toBeGreaterThan(1);
  const reports = provenReports(it, appWire.exchanges);
  expect(reports.length).toBeGreaterThan(3);
  expect(reports.every(({ isProven }) => isProven)).toBe(true);
  const keys = searchFor(reports.map(({ key }) => key));
  expect(keys.isIn(hubWire.bytes())).toBe(false);
  expect(appWire.exchanges.some(({ answer }) => keys.isIn(answer))).toBe(false);
  expect(keys.isIn(await hub.twin(client))).toBe(false);
  expect(await findPasswords(it, [agent.stderr(), await hub.twin(client)], logins)).toMatchObject({ found: [] });

  // The same key comes back only with an onboarding anew.
  expect(await it.app.rotate(client).then((id) => it.app.end(id), String)).not.toMatchObject({ status: 'completed' });
  expect(await shown(client)).not.toContain(device.thumbprint());
  expect(await onboard(client)).toMatchObject({ status: 'completed' });
  expect(await shown(client)).toContain(device.thumbprint());
  await expect.poll(() => device.engine(), within).toEqual(await vaulted(client));
});

test('a device that was offline finds its sealed message in its twin, and asks the app for the secret', async () => {
  const client = 'offline';
  const device = deviceOf(client, { app: appWire.url });
  await device.start();
  await expect.poll(() => reported(client), within).toBe(device.thumbprint());
  await device.stop();
  const id = await it.app.start(onboardingOf(client));
  await expect.poll(() => hub.twin(client), within).toContain('"sealed":{"pullCheckRequested":["');
  expect(await hub.twin(client)).not.toMatch(/reportKey|"secret"/);
  const agent = await device.start();
  expect(await it.app.end(id)).toMatchObject({ status: 'completed' });
  await expect.poll(() => device.engine(), within).toEqual(await vaulted(client));
  await expect.poll(() => acknowledged(agent.stderr()), within).toBe(1);
  const asked = appWire.exchanges.filter(
    ({ path, status }) => path.startsWith('/api/devices/secrets?') && status === 200,
  );
  expect(asked.length).toBeGreaterThan(0);
  expect(await findPasswords(it, [agent.stderr(), await hub.twin(client)])).toMatchObject({ found: [] });
});

test('a device that was rebuilt gets the credential by onboarding it again; its old keys do not come back', async () => {
  const client = 'rebuilt';
  const old = deviceOf(client);
  await old.start();
  expect(await onboard(client)).toMatchObject({ status: 'completed' });
  await old.stop();

  const rebuilt = deviceOf(client);
  await rebuilt.start();
  await expect.poll(() => reported(client), within).toBe(rebuilt.thumbprint());
  expect(await onboard(client)).toMatchObject({ status: 'completed' });
  await expect.poll(() => rebuilt.engine(), within).toEqual(await vaulted(client));
  expect(await shown(client)).toContain(rebuilt.thumbprint());
  await expect.poll(() => hostLog(it), within).toMatch(/device\.vouch\.succeeded.*"reason\\*":\\*"renewed/);
  await rebuilt.stop();

  const before = await it.operator.everything();
  await old.start();
  await expect.poll(() => reported(client), within).toBe(old.thumbprint());
  const refused = await rotate(client);
  expect(refused).toMatchObject({ status: 'rolledBack', failure: { code: 'device-key-ended' } });
  expect(await it.operator.everything()).toEqual(before);
  await old.stop();
});

test('whatever a twin claims, nothing is given to keys that are not proven to be the own ones of the device', async () => {
  const client = 'hostile';
  const { keys, signer } = await signingDevice('ES256');
  const place = { hub: 'localhost', device: client };
  const good = await signHubKeys(place, keys.sealingKey, signer);
  const [head = '', body = '', mac = ''] = good.split('.');
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const secretWord = 'WRITTEN-BY-THE-DEVICE';
  const claims: readonly unknown[] = [
    secretWord,
    { [secretWord]: 1 },
    17,
    'x'.repeat(4096),
    `${head}.${body}.${'A'.repeat(86)}`,
    `${encoded({ typ: 'hub-device-keys+jws', alg: 'none', jwk: keys.signingKey })}.${body}.${mac}`,
    `${encoded({ typ: 'hub-device-keys+jws', alg: 'ES256', jwk: { ...keys.signingKey, crv: 'P-384' } })}.${body}.${mac}`,
    await signHubKeys({ ...place, device: 'vouched' }, keys.sealingKey, signer),
    await signHubKeys({ ...place, hub: 'another-hub' }, keys.sealingKey, signer),
    await signHubKeys({ ...place, module: 'a-module' }, keys.sealingKey, signer),
  ];
  const before = await it.operator.everything();
  for (const claim of claims) {
    await reportAnything(it, client, claim);
    const ended = await onboard(client);
    expect(ended, JSON.stringify(claim)).toMatchObject({
      status: 'rolledBack',
      failure: { code: 'device-keys-invalid' },
    });
    expect(JSON.stringify(ended)).not.toContain(secretWord);
  }
  expect(await it.operator.everything()).toEqual(before);
  expect(await readHubKeys(good, place)).toMatchObject({ keys: { signing: keys.signingKey } });
});

test('who may call methods of the hub, and knows its public keys, makes no message that the device takes', async () => {
  const client = 'forged';
  const device = deviceOf(client);
  const agent = await device.start();
  expect(await onboard(client)).toMatchObject({ status: 'completed' });
  await expect.poll(() => device.engine(), within).toEqual(await vaulted(client));

  const reported = /"keys":"([^"]+)"/.exec(await hub.twin(client))?.[1];
  const found = await readHubKeys(reported, { hub: 'localhost', device: client });
  if ('fault' in found) throw new Error(found.fault);
  const channelKey = Buffer.alloc(32, 7).toString('base64url');
  const channel = { sealingKey: found.keys.sealing, channelKey, nonce: found.thumbprint };
  const { registry } = { registry: it.stack.endpoints.azure.registry };
  const names = { registry, connectedRegistry: 'myconnectedregistry', client };
  const name = it.secretOf(client);
  const data = {
    operation: 'forged.run',
    run: 'run',
    client,
    connectedRegistry: names.connectedRegistry,
    secret: { name, version: 'f' },
  };
  const event = { specversion: '1.0', type: 'ConnectedRegistry.CredentialPromoted', id: 'f', source: '/', data };
  const admission = { pass: 'crpass1.forged.forged.forged', channelKey };
  const content = { ...names, time: new Date().toISOString(), messages: [event], admission };
  const message = await sealAnswer(content, 'messages', channel);
  const tags = { managedBy: 'connected-registry-onboarding', client, connectedRegistry: names.connectedRegistry };
  const value = JSON.stringify({ auths: { 'registry.example': { auth: Buffer.from('a:b').toString('base64') } } });
  const stolen = { name, version: 'f', createdOn: new Date(Date.now() + 3_600_000).toISOString(), tags, value };
  const secret = await sealAnswer(stolen, 'secret', channel);

  const own = device.engine();
  expect(await hub.method(client, 'credentialPromoted', { message, secret })).toBe(503);
  expect(await hub.method(client, 'credentialPromoted', data)).toBe(400);
  expect(await hub.method(client, 'credentialPromoted', { message: 'x' })).toBe(503);
  expect(device.engine()).toEqual(own);
  expect(agent.stderr()).toContain('the app has not confirmed it (401)');

  // The device is as it was.
  expect(await rotate(client)).toMatchObject({ status: 'completed' });
  await expect.poll(() => device.engine(), within).toEqual(await vaulted(client));
});
