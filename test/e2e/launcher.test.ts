// @module-tag local-host
// The launcher's own start, supervision and end, with the host that it starts itself or, at the end, one beside it.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppClient, type Operation } from './harness/appClient.js';
import { PROCESS_NAMES } from '../../local/stack/plans.js';
import { claimPort } from '../../local/stack/ports.js';
import { OperatorSdk } from './harness/operatorSdk.js';
import { startTestStack } from './harness/testStack.js';
import { projectRoot } from '../../local/stack/projectRoot.js';
import type { Endpoints } from '../../local/stack/endpoints.js';

let folder: string;
let launched: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onboarding-launcher-'));
  launched = [];
});
afterEach(async () => {
  for (const child of launched) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    await stop(child);
  }
  rmSync(folder, { recursive: true });
});

/** `npm run local`, as a user starts it. */
function launch(...flags: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn('npm', ['run', '--silent', 'local', '--', '--data', folder, ...flags], {
    cwd: projectRoot(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  launched.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  return { child, output: () => text };
}

const FREE = ['--functions-port', '0', '--azure-port', '0', '--edge-port', '0'];

async function endpoints(): Promise<Endpoints> {
  const file = join(folder, 'endpoints.json');
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), { timeout: 30_000, interval: 50 });
  return JSON.parse(readFileSync(file, 'utf8')) as Endpoints;
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

function lives(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'npm run local says where everything is, and %s stops all of it',
  async (signal) => {
    const { child, output } = launch(...FREE);
    const found = await endpoints();
    expect(Object.keys(found).toSorted()).toEqual([
      'azure',
      'edge',
      'eventGrid',
      'functions',
      'identities',
      'keyVault',
      'signals',
    ]);
    expect(statSync(join(folder, 'endpoints.json')).mode & 0o077).toBe(0);
    expect(JSON.stringify(found)).not.toMatch(/"https?:[^"]*\/"/);
    expect(found.edge).toEqual({
      host: expect.stringMatching(/^localhost:\d+$/) as string,
      connectedRegistry: 'myconnectedregistry',
    });
    const answer = await fetch(`${found.functions.url}/api/operations/none.none`, {
      headers: { 'x-functions-key': found.functions.key },
    });
    expect(answer.status).toBe(404);
    await vi.waitFor(() => expect(output()).toContain('Onboard a client'));

    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(lives(found.functions.pid)).toBe(false);
    expect(existsSync(join(folder, 'endpoints.json'))).toBe(false);
    await expect(fetch(found.functions.url)).rejects.toThrow('fetch failed');
  },
);

test('what was onboarded is there after a restart on the same folder, and gone with --reset', async () => {
  const onboard = async (found: Endpoints): Promise<Operation> => {
    const app = new AppClient(found.functions.url, found.functions.key);
    const request = { connectedRegistry: 'myconnectedregistry', client: 'kept', repositories: ['hello-world'] };
    const ended = await app.end(await app.start(request));
    expect(ended.status).toBe('completed');
    return ended;
  };
  // The same port for the edge each time, since a secret names the address that it is for.
  const flags = [...FREE.slice(0, 4), '--edge-port', String(await claimPort(0, '--edge-port'))];
  const first = launch(...flags);
  const before = await endpoints();
  const made = await onboard(before);
  await stop(first.child);

  const second = launch(...flags);
  const again = await endpoints();
  expect(again.identities).toEqual(before.identities);
  expect(again.functions.key).toBe(before.functions.key);
  const adopted = await onboard(again);
  expect(adopted.result?.secret).toEqual(made.result?.secret);
  await stop(second.child);

  launch(...flags, '--reset');
  const reset = await endpoints();
  expect(reset.identities).not.toEqual(before.identities);
  expect((await onboard(reset)).result?.secret.version).not.toBe(made.result?.secret.version);
}, 900_000);

test('a taken port is an error that names port and flag, and nothing is left running', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  try {
    const { child, output } = launch('--functions-port', '0', '--azure-port', String(port), '--edge-port', '0');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(1);
    expect(output()).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(output()).toContain('--azure-port');
    expect(output()).not.toContain('    at ');
  } finally {
    other.close();
  }
});

test('a bad flag is an error with exit code 2', async () => {
  const { child, output } = launch('--functions-port', 'seventy');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(2);
  expect(output()).toContain('--functions-port');
});

test('SIGTERM while it is still starting stops what has been started, with exit code 0', async () => {
  const { child, output } = launch(...FREE);
  await vi.waitFor(() => expect(output()).toContain('control plane serves at'), { timeout: 20_000, interval: 10 });
  const url = /control plane serves at (\S+)/.exec(output())?.[1] ?? '';
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  expect(existsSync(join(folder, 'endpoints.json'))).toBe(false);
});

test('an app that refuses its settings fails the start in its own words', async () => {
  await expect(startTestStack({ settings: { KEY_VAULT_URL: 'nowhere' } })).rejects.toThrow(/KEY_VAULT_URL/);
});

test('when a process cannot be kept running, everything is stopped, with the reason', async () => {
  const it = await startTestStack();
  const { stack } = it;
  const usurper = createServer();
  try {
    stack.crash('host');
    await vi.waitFor(
      () =>
        new Promise<void>((resolve, reject) => {
          usurper.once('error', reject);
          usurper.listen(Number(new URL(stack.endpoints.functions.url).port), '127.0.0.1', resolve);
        }),
      { interval: 5 },
    );
    expect(await stack.ended).toMatch(/^host .*5 times in a row/);
    expect(PROCESS_NAMES.map((name) => stack.pidOf(name))).toEqual(Array(4).fill(undefined));
    expect(existsSync(stack.endpointsFile)).toBe(false);
  } finally {
    usurper.close();
    await it.dispose();
  }
});

test('two launchers cannot share a data folder', async () => {
  launch(...FREE);
  await endpoints();
  const { child, output } = launch(...FREE, '--reset');
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  expect(output()).toContain('in use by process');
  expect(existsSync(join(folder, 'azure', 'world.json'))).toBe(true);
});

test('when the launcher is killed, its processes end by themselves', async () => {
  launch(...FREE);
  const found = await endpoints();
  const { pid } = JSON.parse(readFileSync(join(folder, 'launcher.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(lives(found.functions.pid)).toBe(false), { timeout: 8000, interval: 50 });
  for (const url of [found.functions.url, `http://${found.edge.host}`])
    await vi.waitFor(() => expect(fetch(url)).rejects.toThrow('fetch failed'), { timeout: 8000, interval: 100 });
});

test('with --external-host the app runs on a host that is started beside it, and gets its events', async () => {
  const port = String(await claimPort(0, '--functions-port'));
  const hostFolder = join(folder, 'elsewhere');
  const keysFile = join(hostFolder, 'keys.json');
  const external = ['--external-host', '--functions-port', port, '--functions-keys', keysFile];
  const { output } = launch(...external, ...FREE.slice(2));
  // Everything that it starts itself serves; the host's key is not known yet.
  const early = await endpoints();
  expect(early.functions).toEqual({ url: `http://localhost:${port}`, key: '', pid: null });
  const environmentFile = join(folder, 'app.env.json');
  expect(statSync(environmentFile).mode & 0o077).toBe(0);
  const environment = JSON.parse(readFileSync(environmentFile, 'utf8')) as Record<string, string>;
  expect(environment).toMatchObject({
    NODE_EXTRA_CA_CERTS: early.azure.caFile,
    KEY_VAULT_URL: early.keyVault.url,
    AZURE_CLIENT_ID: early.identities.app.clientId,
  });
  await expect(fetch(early.functions.url)).rejects.toThrow('fetch failed');

  const flags = ['--app', projectRoot(), '--port', port, '--data', hostFolder];
  const command = ['scripts/withEnvironment.mjs', environmentFile, process.execPath, 'dist/local/host/main.js'];
  const host = spawn(process.execPath, [...command, ...flags], { cwd: projectRoot(), stdio: 'ignore' });
  launched.push(host);
  await vi.waitFor(() => expect(output()).toContain('events are delivered to the functions host'), {
    timeout: 30_000,
    interval: 50,
  });
  const found = await endpoints();
  const keys = JSON.parse(readFileSync(keysFile, 'utf8')) as { function: string };
  expect(found.functions).toEqual({ url: early.functions.url, key: keys.function, pid: null });

  const app = new AppClient(found.functions.url, found.functions.key);
  const operator = new OperatorSdk(found);
  const request = { connectedRegistry: 'myconnectedregistry', repositories: ['hello-world'] };
  expect((await app.end(await app.start({ ...request, client: 'by-http' }))).status).toBe('completed');
  await operator.publish('CloudEvent', { ...request, client: 'by-event' });
  await vi.waitFor(async () => expect(await operator.boundTokens()).toHaveLength(2), {
    timeout: 20_000,
    interval: 100,
  });
});

/** The line that is printed for an agent by hand, and the README's own, which names the default folder. */
const AGENT_LINE = /^( {2})?(node scripts\/withEnvironment\.mjs \S+device\.env node dist\/device\/main\.js.*)$/m;

test('the one line that is printed pulls as the device does, by hand, and stands in the README', async () => {
  const { output } = launch(...FREE);
  const found = await endpoints();
  await vi.waitFor(() => expect(output()).toContain('by hand'));
  const line = AGENT_LINE.exec(output())?.[2] ?? '';
  const readme = readFileSync(join(projectRoot(), 'README.md'), 'utf8');
  expect(readme).toContain(line.replace(join(folder, 'device.env'), '.local/device.env'));
  expect(statSync(join(folder, 'device.env')).mode & 0o077).toBe(0);

  const app = new AppClient(found.functions.url, found.functions.key);
  const request = { connectedRegistry: 'myconnectedregistry', client: 'device-1', repositories: ['hello-world'] };
  expect((await app.end(await app.start(request))).status).toBe('completed');
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
    cwd: projectRoot(),
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'pulled', image: 'hello-world:latest' });

  const log = readFileSync(join(folder, 'edge', 'log'), 'utf8');
  expect(log).toContain('"message":"pulled manifest"');
});

test('with --external-agent an agent that is started by the printed line is asked for pull checks', async () => {
  const { output } = launch(...FREE, '--external-agent');
  const found = await endpoints();
  await vi.waitFor(() => expect(output()).toContain('by hand'));
  const line = AGENT_LINE.exec(output())?.[2] ?? '';
  launched.push(
    spawn('sh', ['-c', `exec ${line}`], {
      cwd: projectRoot(),
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] },
    }),
  );
  await vi.waitFor(() => expect(output()).toContain('pull checks are asked of the device agent'));
  const app = new AppClient(found.functions.url, found.functions.key);
  const request = { connectedRegistry: 'myconnectedregistry', client: 'by-hand', repositories: ['hello-world'] };
  expect((await app.end(await app.start(request))).status).toBe('completed');
});

test('--set and --profiles give the app its settings', async () => {
  const profiles = join(folder, 'profiles.json');
  writeFileSync(profiles, JSON.stringify([{ name: 'other', match: { device: 'x-*' }, repositories: ['hello-world'] }]));
  const { output } = launch(
    ...FREE,
    '--set',
    'CREDENTIAL_LIFETIME_DAYS=40',
    '--set',
    'NO_SUCH=1',
    '--profiles',
    profiles,
  );
  const found = await endpoints();
  expect(output()).toContain('the app has no setting NO_SUCH');
  const app = new AppClient(found.functions.url, found.functions.key);
  const request = { connectedRegistry: 'myconnectedregistry', client: 'short', repositories: ['hello-world'] };
  const ended = await app.end(await app.start(request));
  const days = (Date.parse(ended.result?.secret.expiresOn ?? '') - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(40);
});

test.each([
  ['a setting that the app refuses', ['--set', 'KEY_VAULT_URL=nowhere'], /KEY_VAULT_URL/],
  ['profiles that the app refuses', ['--profiles', 'PROFILES'], /PROFILES/],
])('a start that fails ends, with the reason last on the screen: %s', async (_case, flags, reason) => {
  writeFileSync(join(folder, 'profiles.json'), '{"none": true}');
  const { child, output } = launch(
    ...FREE,
    ...flags.map((flag) => flag.replace(/^PROFILES$/, join(folder, 'profiles.json'))),
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(1);
  const [, last = ''] = /\n(host ended[^]*)$/.exec(output()) ?? [];
  expect(last).toMatch(reason);
  expect(last).not.toMatch(/^ {4}at /m);
  expect(existsSync(join(folder, 'endpoints.json'))).toBe(false);
  const { pid } = JSON.parse(readFileSync(join(folder, 'launcher.json'), 'utf8')) as { pid: number | null };
  expect(pid).toBeNull();
});

test('what goes wrong while a stack is stopped keeps no process running, and is told', async () => {
  const it = await startTestStack();
  const { stack } = it;
  const pids = PROCESS_NAMES.map((name) => stack.pidOf(name) ?? null);
  // A folder where the file was cannot be removed as one.
  rmSync(stack.endpointsFile);
  mkdirSync(stack.endpointsFile);
  await expect(stack.stop()).rejects.toThrow(/Not everything could be cleared away/);
  expect(pids.map(lives)).toEqual(pids.map(() => false));
  await it.dispose().catch(() => undefined);
});
