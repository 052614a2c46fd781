import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PullFailure } from '../src/pullFailure.js';
import type { SecretReader } from '../src/secrets/vault.js';
import { readCommand } from '../src/settings/command.js';
import type { ServiceSettings } from '../src/settings/command.js';
import { startAgent } from '../src/startAgent.js';
import type { RunningAgent } from '../src/startAgent.js';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';
import { credentialPromoted, pullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { startPlainServer } from '../../../test/shared/plainServer.js';
import type { PlainServer } from '../../../test/shared/plainServer.js';
import { ManualClock } from '../../../test/shared/manualClock.js';
import { promotion, request } from './under-test/agentUnderTest.js';
import { startFakeRegistry } from './under-test/fakeRegistry.js';
import type { FakeRegistry } from './under-test/fakeRegistry.js';
import { until } from './under-test/until.js';

let folder: string;
let registry: FakeRegistry;
let app: PlainServer;
/** Paths that reports and acknowledgements came to, and what they said. */
let posted: { path: string; body: { outcome?: string; version?: string } }[];
/** By secret, its versions, the newest last. */
let vault: Map<string, string[]>;
let clock: ManualClock;
const agents: RunningAgent[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agents-'));
  [posted, vault, clock] = [[], new Map(), new ManualClock()];
  registry = await startFakeRegistry();
  app = await startPlainServer((message, response, body) => {
    posted.push({ path: message.url ?? '', body: JSON.parse(body) as { outcome?: string } });
    response.writeHead(202).end();
  });
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  await registry.close();
  await app.close();
  await rm(folder, { recursive: true, maxRetries: 5 });
});

const secrets: SecretReader = {
  read(name, version) {
    const versions = vault.get(name) ?? [];
    const at = version === undefined ? versions.length - 1 : versions.indexOf(version);
    const found = versions[at];
    if (found === undefined) return Promise.reject(new PullFailure('secret-unavailable', 'no such version (404)'));
    const value = dockerConfig(registry.host, name, found);
    return Promise.resolve({ name, version: found, value, createdOn: new Date(at * 1_000) });
  },
};

async function start(name: string, log: string[] = []): Promise<RunningAgent> {
  const command = readCommand(['--port', '0', '--clients', name], {
    KEY_VAULT_URL: 'https://vault.example',
    REPORT_URL: app.url,
    INSECURE_REGISTRIES: registry.host,
    DOCKER_CONFIG_FILE: join(folder, `${name}.json`),
  });
  const { service } = command as { service: ServiceSettings };
  const agent = await startAgent(service, {
    clock,
    secrets,
    log: (message, facts) => void log.push(JSON.stringify({ message, ...facts })),
  });
  agents.push(agent);
  return agent;
}

const checkOf = (client: string, attempt: number, changes: Record<string, unknown> = {}) => {
  const data = request({ client, operation: `${client}.run1`, attempt, image: 'app:latest', ...changes });
  return { kind: 'pullCheckRequested' as const, data: pullCheckRequested.parse(data) };
};
const promotionOf = (client: string, version: string) => {
  const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString();
  const secret = { name: client, version };
  const data = promotion({ client, operation: `${client}.${version}`, secret, keyId: 'k', reportKey: 'r', expiresAt });
  return { kind: 'credentialPromoted' as const, data: credentialPromoted.parse(data) };
};
const storedPassword = async (name: string) => {
  const { auths } = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as {
    auths: Record<string, { auth: string }>;
  };
  return Buffer.from(auths[registry.host]?.auth ?? '', 'base64').toString('utf8');
};

test('fifty agents in one process on one clock each serve only their own client', async () => {
  const names = Array.from({ length: 50 }, (_, at) => `device-${at}`);
  const running = await Promise.all(names.map((name) => start(name)));
  for (const name of names) {
    vault.set(`${name}-candidate`, ['c1']);
    vault.set(name, ['v1']);
    const signal = checkOf(name, 1, { secret: { name: `${name}-candidate`, version: 'c1' } });
    // Every agent receives every event, as on a topic without filters.
    const answers = running.map((agent) => agent.handle(signal));
    expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1);
    for (const agent of running) agent.handle(promotionOf(name, 'v1'));
  }
  await until('a hundred posts', () => posted.length === 100);
  expect(posted.filter(({ body }) => body.outcome === 'pulled')).toHaveLength(50);
  expect(new Set(posted.map(({ path }) => path)).size).toBe(100);
  expect(await Promise.all(names.map(storedPassword))).toEqual(names.map((name) => `${name}:v1`));

  for (const name of names) vault.set(name, ['v1', 'v2']);
  clock.advance(6 * 3_600);
  await expect
    .poll(() => Promise.all(names.map(storedPassword)), { timeout: 10_000 })
    .toEqual(names.map((name) => `${name}:v2`));
});

test('thirty thousand signals leave no growing state behind', { timeout: 900_000 }, async () => {
  const log: string[] = [];
  const agent = await start('device-1', log);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let attempt = 0;
  /** Every signal that was handed in, as far as somebody still holds it. */
  const signals: WeakRef<object>[] = [];
  const hand = (signal: Parameters<typeof agent.handle>[0]): void => {
    signals.push(new WeakRef(signal));
    agent.handle(signal);
  };
  /**
   * A tenth are checks, which are run and reported, the others promotions; each comes twice, among what others are
   * asked.
   */
  const heldAfter = async (count: number): Promise<number> => {
    for (let sent = 0; sent < count; sent += 500) {
      for (let at = 0; at < 500; at += 1) {
        attempt += 1;
        const signal = at < 50 ? checkOf('device-1', attempt) : promotionOf('device-1', `v${attempt}`);
        hand(signal);
        agent.handle(signal);
        hand(checkOf('another', attempt));
      }
      const open = () => ['checksWaiting', 'reportsOpen'].some((name) => agent.health()[name] !== 0);
      await until('all reported', () => posted.length === 50 && !open());
      posted.length = 0;
      log.length = 0;
    }
    collect();
    return signals.filter((signal) => signal.deref() !== undefined).length;
  };
  await heldAfter(11_000);
  const resources = process.getActiveResourcesInfo().length;

  const held = await heldAfter(20_000);

  expect(agent.health()).toMatchObject({
    checksRunning: 0,
    checksWaiting: 0,
    reportsOpen: 0,
    acknowledgementsOpen: 0,
    signalsRemembered: 10_000,
  });
  // Of 62,000 signals only the newest may still be in somebody's hands.
  expect(held).toBeLessThan(1000);
  expect(process.getActiveResourcesInfo().length).toBeLessThan(resources + 5);
  expect(clock.pending().length).toBeLessThanOrEqual(1);
});
