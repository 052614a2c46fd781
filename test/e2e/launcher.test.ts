import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
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
    child.kill('SIGTERM');
    await once(child, 'exit');
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

function lives(pid: number): boolean {
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
  const tokens = async (found: Endpoints, client: string): Promise<string> => {
    const headers = { 'x-functions-key': found.functions.key, 'content-type': 'application/json' };
    const body = JSON.stringify({ connectedRegistry: 'myconnectedregistry', client, repositories: ['hello-world'] });
    const { id } = (await (
      await fetch(`${found.functions.url}/api/onboardings`, { method: 'POST', headers, body })
    ).json()) as { id: string };
    return vi.waitFor(
      async () => {
        const text = await (await fetch(`${found.functions.url}/api/operations/${id}`, { headers })).text();
        expect(text).toContain('"completed"');
        return text;
      },
      { timeout: 20_000, interval: 200 },
    );
  };
  const first = launch(...FREE);
  const before = await endpoints();
  const made = await tokens(before, 'kept');
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');

  const second = launch(...FREE);
  const again = await endpoints();
  expect(again.identities).toEqual(before.identities);
  expect(again.azure.caFile).toBe(before.azure.caFile);
  // Converged, so it is the same version of the same secret.
  const version = /"version":"([^"]+)"/.exec(made)?.[1] ?? 'none';
  expect(await tokens(again, 'kept')).toContain(version);
  second.child.kill('SIGTERM');
  await once(second.child, 'exit');

  launch(...FREE, '--reset');
  const reset = await endpoints();
  expect(reset.identities.operator).not.toEqual(before.identities.operator);
  expect(await tokens(reset, 'kept')).not.toContain(version);
}, 120_000);

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

test('when the launcher is killed, its processes end by themselves', async () => {
  launch(...FREE);
  const found = await endpoints();
  const { pid } = JSON.parse(readFileSync(join(folder, 'launcher.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(lives(found.functions.pid)).toBe(false), { timeout: 8000, interval: 50 });
  for (const url of [found.functions.url, `http://${found.edge.host}`])
    await vi.waitFor(() => expect(fetch(url)).rejects.toThrow('fetch failed'), { timeout: 8000, interval: 100 });
});
