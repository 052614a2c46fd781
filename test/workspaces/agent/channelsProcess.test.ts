import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { CREDENTIAL_PROMOTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import {
  PASSWORDS,
  PULL_TOKEN,
  startEdgeUnderTest,
} from '../../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import type { EdgeUnderTest } from '../../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import { cloudEvent, promotion, request } from '../../../packages/agent/test/under-test/agentUnderTest.js';
import { startChild } from '../../shared/childProcess.js';
import type { Child } from '../../shared/childProcess.js';
import { IDENTITY, startFakeAzure } from '../../../packages/agent/test/under-test/fakeAzure.js';
import type { FakeAzure } from '../../../packages/agent/test/under-test/fakeAzure.js';
import { startFakeRegistry } from '../../../packages/agent/test/under-test/fakeRegistry.js';
import { until } from '../../../packages/agent/test/under-test/until.js';

interface Seen {
  method: string;
  path: string;
  authorization: string | undefined;
  body: Record<string, unknown>;
}

let directory: string;
let azure: FakeAzure;
let edge: EdgeUnderTest;
let app: Server;
let appUrl: string;
let seen: Seen[];
/** What the next question for messages is answered with; without any it is held up. */
let pending: unknown[][];
let device: Child | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'channels-'));
  azure = await startFakeAzure(directory);
  edge = await startEdgeUnderTest();
  app = createServer((message, response) => {
    void take(message).then((one) => {
      if (!one.path.startsWith('/api/pull-checks/pending')) return response.writeHead(202).end();
      const messages = pending.shift();
      return messages && response.writeHead(200).end(JSON.stringify({ messages }));
    });
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  appUrl = `http://localhost:${portOf(app)}`;
});
afterAll(async () => {
  await Promise.all([azure.close(), edge.close()]);
  app.closeAllConnections();
  app.close();
  await rm(directory, { recursive: true, maxRetries: 5 });
});
beforeEach(() => {
  [seen, pending] = [[], []];
  azure.secrets.clear();
  azure.requests.length = 0;
});
afterEach(async () => {
  await device?.end('SIGKILL');
  device = undefined;
});

const portOf = (server: Server) => {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};
async function take(message: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const one = {
    method: message.method ?? '',
    path: message.url ?? '',
    authorization: message.headers.authorization,
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
  };
  seen.push(one);
  return one;
}
const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  ...IDENTITY,
  KEY_VAULT_URL: azure.url,
  KEY_VAULT_VERIFY_CHALLENGE: 'false',
  AZURE_AUTHORITY_HOST: azure.url,
  DISABLE_INSTANCE_DISCOVERY: 'true',
  REPORT_URL: appUrl,
  INSECURE_REGISTRIES: edge.host,
  NODE_EXTRA_CA_CERTS: azure.caFile,
  PORT: '0',
  ...more,
});
const secretOf = (password: string, endpoint = edge.host) =>
  JSON.stringify({
    auths: { [endpoint]: { auth: Buffer.from(`${PULL_TOKEN}:${password}`).toString('base64') } },
  });
const acknowledgeable = (version: string, changes: Record<string, unknown> = {}) => {
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const key = { keyId: 'k2', reportKey: 'key-of-the-promotion', expiresAt };
  return cloudEvent(promotion({ secret: { name: 'device-1', version }, ...key, ...changes }), CREDENTIAL_PROMOTED);
};
const posts = (path: string) => seen.filter((one) => one.method === 'POST' && one.path.startsWith(path));

test('a polling agent pulls, reports, delivers and acknowledges, and keeps the same secrets after a restart', async () => {
  const file = join(directory, 'engine.json');
  const env = environment({ CHANNEL: 'poll', POLL_AUDIENCE: 'api://onboarding', DOCKER_CONFIG_FILE: file });
  azure.secrets.set('device-1-candidate/v1', secretOf(PASSWORDS.one));
  azure.secrets.set('device-1/v7', secretOf(PASSWORDS.one));
  pending = [[cloudEvent(request({ secret: { name: 'device-1-candidate', version: 'v1' } }))], [acknowledgeable('v7')]];
  device = startChild('agent/main.js', [], env);
  const [, health = ''] = await device.says(/^DEVICE READY (http:\/\/localhost:\d+\/health)\n/);
  const both = () => posts('/api/promotions/').length === 1 && posts('/api/pull-checks/').length === 1;
  await until('report and acknowledgement', both);
  expect(seen[0]).toMatchObject({
    path: '/api/pull-checks/pending?wait=25',
    authorization: 'Bearer vault-access-token',
  });
  expect(posts('/api/pull-checks/')).toMatchObject([
    { path: '/api/pull-checks/onboard-hello.run1/1', body: { outcome: 'pulled' } },
  ]);
  expect(posts('/api/promotions/')[0]).toMatchObject({
    path: '/api/promotions/onboard-hello.run1',
    authorization: expect.stringMatching(/^PullCheckMac keyId="k2", /) as string,
    body: { version: 'v7', agent: expect.stringContaining('connected-registry') as string },
  });
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(secretOf(PASSWORDS.one)));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await (await fetch(health)).json()).toMatchObject({
    status: 'ok',
    channel: { kind: 'poll', connected: true },
    secretsKept: 1,
    acknowledgementsOpen: 0,
  });
  expect(await device.end()).toBe(0);

  azure.secrets.set('device-1/v8', secretOf('changed-while-it-was-away'));
  device = startChild('agent/main.js', [], env);
  await expect
    .poll(async () => JSON.parse(await readFile(file, 'utf8')) as unknown, { timeout: 10_000 })
    .toEqual(JSON.parse(secretOf('changed-while-it-was-away')));
  expect(posts('/api/promotions/')).toHaveLength(1);
  const said = device.stderr() + device.stdout();
  for (const secret of ['changed-while', PASSWORDS.one, 'key-of-the-promotion', 'vault-access-token']) {
    expect(said).not.toContain(secret);
  }
});

test('an agent without consumers writes nothing and acknowledges nothing', async () => {
  azure.secrets.set('device-1/v7', secretOf(PASSWORDS.one));
  azure.secrets.set('device-1-candidate/v1', secretOf(PASSWORDS.one));
  const check = cloudEvent(request({ secret: { name: 'device-1-candidate', version: 'v1' } }));
  pending = [[acknowledgeable('v7')], [check]];
  device = startChild('agent/main.js', [], environment({ CHANNEL: 'poll', POLL_AUDIENCE: 'api://onboarding' }));

  await until('the report', () => posts('/api/pull-checks/').length === 1);

  expect(posts('/api/promotions/')).toEqual([]);
  expect(azure.requests.filter((one) => one.includes('/secrets/device-1/'))).toEqual([]);
});

test('the setting for a registry’s private CA applies to the registry and not to the vault', async () => {
  const other = join(directory, 'private-authority');
  const { certFile, keyFile, caFile } = await ensureCertificates(other);
  const registry = await startFakeRegistry({ cert: await readFile(certFile), key: await readFile(keyFile) });
  azure.secrets.set('tls/v1', secretOf(PASSWORDS.one, registry.host));
  const args = ['--once', '--secret', 'tls', '--image', 'app:latest'];

  const outcomeWith = async (more: Record<string, string>) => {
    device = startChild('agent/main.js', args, environment(more));
    await device.exit;
    return (JSON.parse(device.stdout()) as { outcome: string }).outcome;
  };

  expect(await outcomeWith({})).toBe('tls');
  expect(await outcomeWith({ REGISTRY_CA_FILE: caFile })).toBe('pulled');
  expect(await outcomeWith({ REGISTRY_CA_FILE: caFile, NODE_EXTRA_CA_CERTS: caFile })).toBe('secret-unavailable');

  await registry.close();
});

describe('a hostile message', () => {
  let trap: Server;
  let trapped: string[];
  let url: string;
  beforeEach(async () => {
    trapped = [];
    trap = createServer((message, response) => {
      trapped.push(`${message.method} ${message.url} ${message.headers.authorization}`);
      response.writeHead(200).end('{}');
    });
    trap.on('connection', () => trapped.push('connection'));
    trap.listen(0, '127.0.0.1');
    await once(trap, 'listening');
    url = `http://localhost:${portOf(trap)}`;
    device = startChild('agent/main.js', [], environment({ DOCKER_CONFIG_FILE: join(directory, 'hostile.json') }));
    azure.secrets.set('device-1-candidate/v1', secretOf(PASSWORDS.one));
    azure.secrets.set('device-1/v7', secretOf(PASSWORDS.one));
  });
  afterEach(async () => {
    trap.closeAllConnections();
    trap.close();
    await once(trap, 'close');
  });

  const deliver = async (...events: unknown[]) => {
    const [, events_ = ''] = (await device?.says(/READY (\S+)/)) ?? [];
    const response = await fetch(events_, { method: 'POST', body: JSON.stringify(events) });
    return response.status;
  };
  const secret = { name: 'device-1-candidate', version: 'v1' };

  test('that names another endpoint, realm, vault or report host gets no password and no report', async () => {
    const host = new URL(url).host;
    const demands = {
      endpoint: host,
      registry: host,
      loginServer: host,
      realm: `${url}/token`,
      authority: url,
      vault: url,
      vaultUrl: url,
      KEY_VAULT_URL: url,
      reportUrl: url,
      REPORT_URL: url,
      callback: url,
      source: url,
    };
    const at = { ...cloudEvent(request({ secret, ...demands })), ...demands, dataref: url };

    expect(await deliver(at, { ...acknowledgeable('v7', demands), ...demands, dataref: url })).toBe(200);

    await until('both posts', () => seen.length === 2);

    expect(seen.map(({ path }) => path).sort()).toEqual([
      '/api/promotions/onboard-hello.run1',
      '/api/pull-checks/onboard-hello.run1/1',
    ]);
    expect(trapped).toEqual([]);
  });

  test.each([
    ['an image of another registry', { image: 'TRAP/hello-world:latest' }],
    ['an image that is an address', { image: 'http://TRAP/hello-world' }],
    ['an image that climbs', { image: '../../TRAP/hello-world:latest' }],
    ['an operation that is an address', { operation: 'x@TRAP' }],
    ['an operation that climbs', { operation: '..' }],
    ['a secret of another vault', { secret: { name: 'http://TRAP/secrets/x', version: 'v1' } }],
    ['a version of another vault', { secret: { name: 'device-1-candidate', version: '../../TRAP' } }],
    ['a header behind the key', { reportKey: 'x\r\nHost: TRAP' }],
  ])('with %s sends no password to anybody', async (_case, changes) => {
    const text = JSON.stringify(changes).replaceAll('TRAP', new URL(url).host);
    const data = request({ secret, ...(JSON.parse(text) as object) });
    const status = await deliver(cloudEvent(data), cloudEvent(request({ secret, attempt: 9 })));

    await until('the good one', () => posts('/api/pull-checks/onboard-hello.run1/9').length === 1);

    expect([200, 400]).toContain(status);
    expect(trapped).toEqual([]);
    expect(seen.filter(({ body }) => body['outcome'] === 'pulled')).toHaveLength(1);
  });

  test('cannot make the agent read a secret whose registry forwards passwords', async () => {
    const registry = await startFakeRegistry();
    registry.override = (_message, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${url}/token",service="x"` }).end();
      return true;
    };
    await device?.end();
    device = startChild('agent/main.js', [], environment({ INSECURE_REGISTRIES: registry.host }));
    azure.secrets.set('device-1-candidate/v2', secretOf(PASSWORDS.one, registry.host));
    await deliver(cloudEvent(request({ secret: { ...secret, version: 'v2' }, image: 'app:latest' })));

    await until('the report', () => seen.length === 1);

    expect(seen[0]?.body['outcome']).toBe('error');
    expect(trapped).toEqual([]);
    expect(registry.seen.every(({ authorization }) => authorization === undefined)).toBe(true);

    await registry.close();
  });
});
