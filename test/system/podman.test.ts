import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  PASSWORDS,
  PULL_TOKEN,
  startEdgeUnderTest,
} from '../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import type { EdgeUnderTest } from '../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import { startPodmanStore } from './podmanStore.js';
import type { PodmanStore } from './podmanStore.js';
import { requireProgram } from './program.js';

let edge: EdgeUnderTest;
let folder: string;
let podman: PodmanStore;
beforeAll(async () => {
  await requireProgram('podman');
  edge = await startEdgeUnderTest();
  folder = await mkdtemp(join(tmpdir(), 'podman-'));
  podman = await startPodmanStore(folder);
});
afterAll(async () => {
  await edge?.close();
  await podman?.close();
  if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function pull(password: string, image: string) {
  const authFile = join(folder, 'config.json');
  const auth = Buffer.from(`${PULL_TOKEN}:${password}`).toString('base64');
  await writeFile(authFile, JSON.stringify({ auths: { [edge.host]: { auth } } }), { mode: 0o600 });
  return podman.pull(authFile, `${edge.host}/${image}`);
}

test('podman pulls from the connected registry stand-in with a saved secret as its authfile', async () => {
  expect(await pull(PASSWORDS.two, 'hello-world:latest')).toMatchObject({ ok: true });
  const { text } = await podman.run('images', '--format', '{{.Repository}}:{{.Tag}}');
  expect(text.trim()).toBe(`${edge.host}/hello-world:latest`);
});

test('podman is refused with a wrong password, and out of scope', async () => {
  expect((await pull('wrong', 'hello-world:latest')).text).toContain('invalid username/password');
  expect((await pull(PASSWORDS.one, 'other:latest')).text).toContain('Insufficient scopes');
});
