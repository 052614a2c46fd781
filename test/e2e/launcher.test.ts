// @module-tag local-host
// The launcher's own start, supervision and end, with the host that it starts itself or, at the end, one beside it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppClient, type Operation } from './harness/appClient.js';
import { PROCESS_NAMES } from '@connected-registry/local-stack/stack/plans';
import { claimPort } from '@connected-registry/local-stack/stack/ports';
import { FREE, Launched, lives, stop } from './harness/launched.js';
import { OperatorSdk } from './harness/operatorSdk.js';
import { startTestStack } from './harness/testStack.js';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import type { Endpoints } from '@connected-registry/local-stack/stack/endpoints';

let own: Launched;
beforeEach(() => {
  own = new Launched();
});
afterEach(() => own.dispose());

const launch: Launched['launch'] = (...flags) => own.launch(...flags);
const endpoints = () => own.endpoints();

test('npm run local prints all addresses and locks its folder, and SIGTERM stops everything', async () => {
  const { child, output } = own.npmRun(...FREE);
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
  expect(statSync(join(own.folder, 'endpoints.json')).mode & 0o077).toBe(0);
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

  const second = launch(...FREE, '--reset');
  expect(await once(second.child, 'exit')).toEqual([1, null]);
  expect(second.output()).toContain('in use by process');
  expect(existsSync(join(own.folder, 'azure', 'world.json'))).toBe(true);

  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(lives(found.functions.pid)).toBe(false);
  expect(existsSync(join(own.folder, 'endpoints.json'))).toBe(false);
  await expect(fetch(found.functions.url)).rejects.toThrow('fetch failed');
});

test('clients are kept after a restart with the same folder and removed by --reset; a killed launcher leaves no process', async () => {
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
  first.child.kill('SIGINT');
  expect(await once(first.child, 'exit')).toEqual([0, null]);
  expect(lives(before.functions.pid)).toBe(false);

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

  const { pid } = JSON.parse(readFileSync(join(own.folder, 'launcher.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(lives(reset.functions.pid)).toBe(false), { interval: 50 });
  for (const url of [reset.functions.url, `http://${reset.edge.host}`])
    await vi.waitFor(() => expect(fetch(url)).rejects.toThrow('fetch failed'), { interval: 100 });
}, 900_000);

test('a port in use is an error with port and flag, and no process is left', async () => {
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

// In the default ring checkNode.test.ts has a flag that nothing knows, and commandLine.test.ts the values.
test('an invalid flag is an error with exit code 2', { tags: 'long' }, async () => {
  const { child, output } = launch('--functions-port', 'seventy');
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(2);
  expect(output()).toContain('--functions-port');
});

test('SIGTERM during the start stops what has started, with exit code 0', async () => {
  const { child, output } = launch(...FREE);
  await vi.waitFor(() => expect(output()).toContain('control plane serves at'), { timeout: 20_000, interval: 10 });
  const url = /control plane serves at (\S+)/.exec(output())?.[1] ?? '';
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  expect(existsSync(join(own.folder, 'endpoints.json'))).toBe(false);
});

// In the default ring launcherFlags.test.ts has an app that refuses its profiles.
test('an app that refuses its settings fails the start with its own message', { tags: 'long' }, async () => {
  await expect(startTestStack({ settings: { KEY_VAULT_URL: 'nowhere' } })).rejects.toThrow(/KEY_VAULT_URL/);
});

test('a process that cannot be kept running stops everything, with the reason', async () => {
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

test('with --external-host the app runs on a host that the user starts, and receives its events', async () => {
  const port = String(await claimPort(0, '--functions-port'));
  const hostFolder = join(own.folder, 'elsewhere');
  const keysFile = join(hostFolder, 'keys.json');
  const external = ['--external-host', '--functions-port', port, '--functions-keys', keysFile];
  const { output } = launch(...external, ...FREE.slice(2));
  // Everything that it starts itself serves; the host's key is not known yet.
  const early = await endpoints();
  expect(early.functions).toEqual({ url: `http://localhost:${port}`, key: '', pid: null });
  const environmentFile = join(own.folder, 'app.env.json');
  expect(statSync(environmentFile).mode & 0o077).toBe(0);
  const environment = JSON.parse(readFileSync(environmentFile, 'utf8')) as Record<string, string>;
  expect(environment).toMatchObject({
    NODE_EXTRA_CA_CERTS: early.azure.caFile,
    KEY_VAULT_URL: early.keyVault.url,
    AZURE_CLIENT_ID: early.identities.app.clientId,
  });
  await expect(fetch(early.functions.url)).rejects.toThrow('fetch failed');

  const flags = ['--app', projectRoot(), '--port', port, '--data', hostFolder];
  const command = [
    'scripts/withEnvironment.mjs',
    environmentFile,
    process.execPath,
    'packages/functions-host/dist/main.js',
  ];
  const host = spawn(process.execPath, [...command, ...flags], { cwd: projectRoot(), stdio: 'ignore' });
  own.children.push(host);
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
