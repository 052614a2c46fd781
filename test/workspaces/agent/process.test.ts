import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { CREDENTIAL_PROMOTED, pullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import {
  PASSWORDS,
  PULL_TOKEN,
  startEdgeUnderTest,
} from '../../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import type { EdgeUnderTest } from '../../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import { REPORT_KEY, cloudEvent, promotion, request } from '../../../packages/agent/test/under-test/agentUnderTest.js';
import { startChild } from '../../shared/childProcess.js';
import type { Child } from '../../shared/childProcess.js';
import { IDENTITY, startFakeAzure } from '../../../packages/agent/test/under-test/fakeAzure.js';
import type { FakeAzure } from '../../../packages/agent/test/under-test/fakeAzure.js';
import { startFakeRegistry } from '../../../packages/agent/test/under-test/fakeRegistry.js';
import { until } from '../../../packages/agent/test/under-test/until.js';

const run = promisify(execFile);
let pipes = 0;
let directory: string;
let azure: FakeAzure;
let edge: EdgeUnderTest;
let takeReport: (report: unknown) => void;
const app = createServer((message, response) => {
  const chunks: Buffer[] = [];
  message.on('data', (chunk: Buffer) => chunks.push(chunk));
  message.on('end', () => {
    takeReport(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    response.writeHead(202).end();
  });
});

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'device-'));
  azure = await startFakeAzure(directory);
  edge = await startEdgeUnderTest();
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
});
afterAll(async () => {
  await Promise.all([azure.close(), edge.close()]);
  app.closeAllConnections();
  app.close();
  await rm(directory, { recursive: true, maxRetries: 5 });
});

function environment(): Record<string, string> {
  const address = app.address();
  return {
    ...IDENTITY,
    KEY_VAULT_URL: azure.url,
    KEY_VAULT_VERIFY_CHALLENGE: 'false',
    AZURE_AUTHORITY_HOST: azure.url,
    DISABLE_INSTANCE_DISCOVERY: 'true',
    REPORT_URL: `http://localhost:${typeof address === 'object' && address ? address.port : 0}`,
    INSECURE_REGISTRIES: edge.host,
    NODE_EXTRA_CA_CERTS: azure.caFile,
  };
}

const auth = Buffer.from(`${PULL_TOKEN}:${PASSWORDS.one}`).toString('base64');
const secretFor = (endpoint: string) => JSON.stringify({ auths: { [endpoint]: { auth } } });

describe('the agent as a process', () => {
  test('accepts an event, reads the vault, pulls and reports, and logs no secret', async () => {
    azure.secrets.set('device-1-candidate/v1', secretFor(edge.host));
    const device = startChild('agent/main.js', ['--port', '0'], environment());
    const [, url = ''] = await device.says(/^DEVICE READY (http:\/\/localhost:\d+\/events)\n/);
    const cases = [
      { secret: { name: 'device-1-candidate', version: 'v1' }, image: 'hello-world:latest', outcome: 'pulled' },
      {
        secret: { name: 'device-1-candidate', version: 'v2' },
        image: 'hello-world:latest',
        outcome: 'secret-unavailable',
      },
      { secret: { name: 'device-1-candidate', version: 'v1' }, image: 'other:latest', outcome: 'insufficient-scope' },
    ];

    for (const [at, { secret, image, outcome }] of cases.entries()) {
      const reported = new Promise((resolve) => {
        takeReport = resolve;
      });
      const event = cloudEvent(request({ secret, image, attempt: at + 1 }));
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(event) });
      expect(response.status).toBe(200);
      const report = pullCheckReport.parse(await reported);
      expect(report).toMatchObject({ outcome, image });
      expect(report.digest === undefined).toBe(outcome !== 'pulled');
    }

    expect(await device.end()).toBe(0);
    expect(device.stderr().match(/"message":"pull check"/g)).toHaveLength(3);

    expectNoSecrets(device);
  });

  test('runs one check from the command line', async () => {
    azure.secrets.set('once/v1', secretFor(edge.host));
    const args = ['--once', '--secret', 'once', '--image', 'hello-world:latest', '--version'];
    const good = startChild('agent/main.js', [...args, 'v1'], environment());

    expect(await good.exit).toBe(0);
    expect(JSON.parse(good.stdout())).toMatchObject({ outcome: 'pulled', image: 'hello-world:latest' });

    const bad = startChild('agent/main.js', [...args, 'v9'], environment());
    expect(await bad.exit).toBe(1);
    expect(JSON.parse(bad.stdout())).toMatchObject({ outcome: 'secret-unavailable' });

    expectNoSecrets(good);
  });

  test('does not trust a vault of an unknown CA', async () => {
    const { NODE_EXTRA_CA_CERTS: _ca, ...env } = environment();
    const args = ['--once', '--secret', 'once', '--image', 'hello-world:latest', '--version', 'v1'];
    const child = startChild('agent/main.js', args, env);
    expect(await child.exit).toBe(1);
    expect(JSON.parse(child.stdout())).toMatchObject({ outcome: 'secret-unavailable' });
  });

  test('trusts a registry of its configured private CA, and of no other', async () => {
    const args = ['--once', '--secret', 'tls', '--image', 'app:latest', '--version', 'v1'];
    const outcomes: unknown[] = [];

    for (const certificates of [directory, join(directory, 'another-authority')]) {
      const { certFile, keyFile } = await ensureCertificates(certificates);
      const registry = await startFakeRegistry({ cert: await readFile(certFile), key: await readFile(keyFile) });
      azure.secrets.set('tls/v1', secretFor(registry.host));
      const child = startChild('agent/main.js', args, environment());
      await child.exit;
      await registry.close();
      outcomes.push((JSON.parse(child.stdout()) as { outcome: string }).outcome);
      expectNoSecrets(child);
    }

    expect(outcomes).toEqual(['pulled', 'tls']);
  });

  test('exits with code 2 and the name of the invalid setting', async () => {
    const child = startChild('agent/main.js', ['--port', 'many'], environment());
    expect(await child.exit).toBe(2);
    expect(child.stderr()).toContain('--port');
  });

  test('reports that its port is in use', async () => {
    const first = startChild('agent/main.js', ['--port', '0'], environment());
    const [, port = ''] = await first.says(/localhost:(\d+)/);
    const second = startChild('agent/main.js', ['--port', port], environment());

    expect(await second.exit).toBe(1);
    expect(second.stderr()).toContain('port is taken');
    expect(await first.end('SIGINT')).toBe(0);
  });

  test('explains its usage with --help', async () => {
    const child = startChild('agent/main.js', ['--help']);
    expect(await child.exit).toBe(0);
    expect(child.stdout()).toContain('--clients');
  });
});

function expectNoSecrets(child: Child): void {
  const said = child.stdout() + child.stderr();
  const secrets = [PASSWORDS.one, auth, encodeURIComponent(PASSWORDS.one), IDENTITY.AZURE_CLIENT_SECRET, REPORT_KEY];
  for (const secret of [...secrets, 'vault-access-token', 'eyJ']) expect(said).not.toContain(secret);
}

describe('a signal ends the process', () => {
  test.each([
    ['the config of its container engine', (pipe: string) => ({ DOCKER_CONFIG_FILE: pipe })],
    ['the names beside it', (pipe: string) => ({ DOCKER_CONFIG_FILE: pipe.replace(/\.secrets$/, '') })],
  ])('if a pipe without a writer replaces %s', async (_case, setting) => {
    const pipe = join(directory, `pipe-${(pipes += 1)}.secrets`);
    await run('mkfifo', [pipe]);
    const child = startChild('agent/main.js', ['--port', '0'], { ...environment(), ...setting(pipe) });
    const [, url = ''] = await child.says(/READY (\S+)/);
    azure.secrets.set('main/v1', secretFor(edge.host));
    const data = promotion({ secret: { name: 'main', version: 'v1' } });

    const sent = await fetch(url, { method: 'POST', body: JSON.stringify(cloudEvent(data, CREDENTIAL_PROMOTED)) });

    expect(sent.status).toBe(200);

    await until('a refusal', () => child.stderr().includes('is a named pipe, not a file'));
    expect((await fetch(url.replace('/events', '/health'))).status).toBe(200);
    expect(await child.end()).toBe(0);
  });

  test('if a check waits for a registry that does not answer', async () => {
    const registry = await startFakeRegistry();
    registry.override = () => true;
    azure.secrets.set('silent/v1', secretFor(registry.host));
    const env = { ...environment(), INSECURE_REGISTRIES: registry.host };
    const child = startChild('agent/main.js', ['--port', '0'], env);
    const [, url = ''] = await child.says(/READY (\S+)/);
    const data = request({ secret: { name: 'silent', version: 'v1' } });
    await fetch(url, { method: 'POST', body: JSON.stringify(cloudEvent(data)) });

    await until('the registry', () => registry.seen.length > 0);

    expect(await child.end()).toBe(0);

    await registry.close();
  });
});

test('a pipe in place of a configured file stops the start with the reason', async () => {
  const pipe = join(directory, 'ca.pem.pipe');
  await run('mkfifo', [pipe]);
  const child = startChild('agent/main.js', ['--port', '0'], { ...environment(), REGISTRY_CA_FILE: pipe });
  expect(await child.exit).toBe(2);
  expect(child.stderr()).toContain('REGISTRY_CA_FILE: must name a file that can be read');
});

describe('the report distinguishes why a secret is not available', () => {
  /** What one check from the command line gives as its reason. */
  async function reason(changes: Record<string, string>, ...args: string[]): Promise<string> {
    azure.secrets.set('there/v1', secretFor(edge.host));
    const env = { ...environment(), ...changes };
    const command = ['--once', '--secret', 'there', '--image', 'hello-world:latest', ...args];
    const child = startChild('agent/main.js', command, env);
    await child.exit;
    const { outcome, reason: why } = JSON.parse(child.stdout()) as { outcome: string; reason: string };
    expect(outcome).toBe('secret-unavailable');
    expect(child.stdout() + child.stderr()).not.toContain(IDENTITY.AZURE_CLIENT_SECRET);
    return why;
  }

  test('a missing version', async () => {
    expect(await reason({}, '--version', 'v9')).toBe('the vault has no such secret or version (404)');
  });
  test('a refused challenge', async () => {
    expect(await reason({ KEY_VAULT_VERIFY_CHALLENGE: 'true' })).toContain(
      'challenge is for another domain than its own',
    );
  });
  test('an unreachable vault', async () => {
    expect(await reason({ KEY_VAULT_URL: 'https://localhost:1' })).toMatch(/^the vault did not answer \(/);
  });
  test('an identity that gets no token', async () => {
    expect(await reason({ AZURE_AUTHORITY_HOST: 'https://localhost:1' })).toMatch(
      /no token for the device's identity|did not answer/,
    );
  });
});
