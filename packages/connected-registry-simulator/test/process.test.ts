import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startChild } from '../../../test/shared/childProcess.js';
import { SYNCED } from './edgeUnderTest.js';
import { SYNC_TOKEN, startFakeControlPlane } from './fakeControlPlane.js';
import type { FakeControlPlane } from './fakeControlPlane.js';

let directory: string;
let plane: FakeControlPlane;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edge-process-'));
  plane = await startFakeControlPlane(SYNCED);
});
afterEach(async () => {
  await plane.close();
  await rm(directory, { recursive: true, maxRetries: 5 });
});

const ENV = { SYNC_TOKEN_NAME: SYNC_TOKEN.name, SYNC_TOKEN_PASSWORD: SYNC_TOKEN.password };

function start(args: string[] = [], env: Record<string, string> = ENV) {
  const base = ['--port', '0', '--data', directory, '--control-plane', plane.url, '--sync-seconds', '0.05'];
  return startChild('connected-registry-simulator/main.js', [...base, ...args], env);
}

test('the process is ready after its first sync, continues to sync, and exits with 0', async () => {
  plane.refuseWith = 503;
  const edge = start();

  await expect.poll(() => plane.syncs.length).toBeGreaterThan(1);
  expect(edge.stdout()).toBe('');

  plane.refuseWith = undefined;
  const [, url = ''] = await edge.says(/^EDGE READY (http:\/\/localhost:\d+)\n/);

  expect((await fetch(`${url}/v2/`)).status).toBe(401);

  const soFar = plane.syncs.length;
  await expect.poll(() => plane.syncs.length).toBeGreaterThan(soFar + 1);
  expect(await edge.end()).toBe(0);
  expect(edge.stderr()).not.toContain(SYNC_TOKEN.password);
});

test('the process names a taken port, invalid flags and missing credentials when it exits', async () => {
  const first = start();
  const [, port = ''] = await first.says(/localhost:(\d+)/);
  const second = start(['--port', port]);

  expect(await second.exit).toBe(1);
  expect(second.stderr()).toContain('port is taken');
  expect(await first.end('SIGINT')).toBe(0);

  const bad = start(['--port', 'x']);
  expect([await bad.exit, bad.stderr()]).toEqual([2, expect.stringContaining('--port')]);

  const unknown = start(['--nonsense']);
  expect([await unknown.exit, unknown.stderr()]).toEqual([2, expect.stringContaining('--nonsense')]);

  const missing = start([], {});
  expect([await missing.exit, missing.stderr()]).toEqual([2, expect.stringContaining('SYNC_TOKEN_NAME')]);
});

test('the process syncs from a parent or from the control plane, and refuses both together', async () => {
  const args = ['--port', '0', '--data', directory, '--sync-seconds', '60'];
  const nested = startChild('connected-registry-simulator/main.js', [...args, '--parent', plane.url], ENV);

  await nested.says(/^EDGE READY /);

  expect(plane.syncs).toHaveLength(1);
  expect(await nested.end()).toBe(0);

  for (const wrong of [args, [...args, '--parent', plane.url, '--control-plane', plane.url]]) {
    const bad = startChild('connected-registry-simulator/main.js', wrong, ENV);
    expect([await bad.exit, bad.stderr()]).toEqual([
      2,
      expect.stringContaining('exactly one of --control-plane and --parent'),
    ]);
  }
});

test('the process prints its flags with --help', async () => {
  const help = startChild('connected-registry-simulator/main.js', ['--help']);
  expect([await help.exit, help.stdout()]).toEqual([0, expect.stringContaining('--control-plane')]);
});
