import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { machineClock } from '../../../packages/agent/src/agentClock.js';
import { readCommand } from '@connected-registry/agent/settings/command';
import { startAgent, type RunningAgent } from '@connected-registry/agent/startAgent';
import { credentialPromoted, pullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { startPlainServer, type PlainServer } from '../../shared/plainServer.js';
import { echo, ECHOES, type EchoKind } from '../../src/azure/hostile/echoes.js';
import { EchoingLine } from '../../src/azure/hostile/echoingLine.js';
import { leaks } from '../../src/azure/hostile/hostileAzure.js';
import { REPORT_KEY, request } from '../../../packages/agent/test/under-test/agentUnderTest.js';
import { IDENTITY, startFakeAzure, type FakeAzure } from '../../../packages/agent/test/under-test/fakeAzure.js';
import { startFakeRegistry, type FakeRegistry } from '../../../packages/agent/test/under-test/fakeRegistry.js';

/* A vault, an Entra, a registry and an app that repeat all they know, and what the agent says and reports then. */

const PASSWORD = 'Pm7xV2cN9bQ4wE6rT8yU1iO3pA5sD0fGPm7xV2cN9bQ4wE6rT8yU';

let folder: string;
let azure: FakeAzure;
let line: EchoingLine;
let registry: FakeRegistry;
let app: PlainServer;
let kind: EchoKind;
let reports: string[];
let log: string[];
const strict = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];

const pair = Buffer.from(`device:${PASSWORD}`).toString('base64');
const known = (body: string, authorization = '') => ({
  body,
  authorization,
  values: [pair, 'fake-bearer-token', PASSWORD],
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'echoes-'));
  azure = await startFakeAzure(folder);
  line = await EchoingLine.open(azure.url, folder);
  registry = await startFakeRegistry();
  app = await startPlainServer((message, response, body) => {
    reports.push(body);
    // The first answer repeats everything, the next one takes the report.
    const { status, headers, text } = echo(kind, known(body, message.headers.authorization), app.url);
    if (reports.filter((one) => one === body).length > 1) response.writeHead(202).end();
    else response.writeHead(status, { ...headers, 'retry-after': '0' }).end(text);
  });
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const value = JSON.stringify({ auths: { [registry.host]: { auth: pair } } });
  for (const name of ['device-1', 'device-1-candidate']) azure.secrets.set(`${name}/0123456789abcdef`, value);
  line.stored.push(PASSWORD);
  for (const secret of [PASSWORD, pair, value, REPORT_KEY, IDENTITY.AZURE_CLIENT_SECRET, 'fake-bearer-token'])
    line.secrets.add(secret);
});
afterAll(async () => {
  if (strict === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = strict;
  await Promise.all([line.close(), registry.close(), app.close()]);
  await azure.close();
  await rm(folder, { recursive: true, maxRetries: 5 });
});

async function start(): Promise<RunningAgent> {
  const command = readCommand(['--port', '0'], {
    ...IDENTITY,
    KEY_VAULT_URL: line.url,
    KEY_VAULT_VERIFY_CHALLENGE: 'false',
    AZURE_AUTHORITY_HOST: line.url,
    DISABLE_INSTANCE_DISCOVERY: 'true',
    REPORT_URL: app.url,
    INSECURE_REGISTRIES: registry.host,
    DOCKER_CONFIG_FILE: join(folder, `config-${String(kind)}.json`),
  });
  if (command.kind !== 'serve') throw new Error('the settings are those of a service');
  const record = (message: string, facts = {}) => void log.push(JSON.stringify({ message, ...facts }));
  return startAgent(command.service, { clock: machineClock, log: record });
}

/** Has the agent check, and waits for its last word about it. */
async function checked(agent: RunningAgent, attempt: number): Promise<void> {
  agent.handle({
    kind: 'pullCheckRequested',
    data: pullCheckRequested.parse(request({ attempt, image: 'app:latest' })),
  });
  const last = () =>
    log.some((text) => text.includes('"message":"pull check"') && text.includes(`"attempt":${attempt}`));
  await vi.waitFor(() => expect(last()).toBe(true), { timeout: 30_000, interval: 10 });
}

test.each(ECHOES.map((one) => [one] as const))(
  'the agent’s log and reports contain no secret that a service repeats: %s',
  { timeout: 120_000 },
  async (one) => {
    [kind, reports, log] = [one, [], []];
    const agent = await start();

    try {
      line.strike(kind, 1, 'entra');
      await checked(agent, 1);
      expect(line.calm()).toBe(true);
      line.strike(kind, 1);
      await checked(agent, 2);
      expect(line.calm()).toBe(true);
      for (const [attempt, path] of [
        [3, '/v2/app/manifests/latest'],
        [4, '/token'],
        [5, '/v2/app/blobs/'],
      ] as const) {
        registry.override = ({ url = '', headers: { authorization } }, response) => {
          if (!url.startsWith(path) || authorization === undefined) return false;
          const { status, headers, text } = echo(kind, known('', authorization), registry.url);
          response.writeHead(status, headers).end(text);
          return true;
        };
        await checked(agent, attempt);
        registry.override = undefined;
      }
      line.strike(kind, 1);
      const {
        attempt: _attempt,
        image: _image,
        ...promotion
      } = request({
        secret: { name: 'device-1', version: '0123456789abcdef' },
      });
      agent.handle({ kind: 'credentialPromoted', data: credentialPromoted.parse(promotion) });
      await vi.waitFor(() => expect(log.join()).toMatch(/credential (?:not )?delivered/), { timeout: 30_000 });
      line.calm();
    } finally {
      await agent.stop();
    }

    expect(reports.length).toBeGreaterThan(4);
    expect(leaks([...log, ...reports, JSON.stringify(agent.health())], line.secrets)).toEqual([]);
  },
);

test('the agent refuses an answer of the vault that has the value in place of the version', async () => {
  [kind, reports, log] = [500, [], []];
  azure.secrets.set(`elsewhere/${PASSWORD}`, JSON.stringify({ auths: { [registry.host]: { auth: pair } } }));
  const agent = await start();
  try {
    agent.handle({
      kind: 'pullCheckRequested',
      data: pullCheckRequested.parse(request({ secret: { name: 'elsewhere', version: PASSWORD } })),
    });
    await vi.waitFor(() => expect(reports.join()).toContain('secret-unavailable'), { timeout: 30_000 });
  } finally {
    await agent.stop();
  }
});
