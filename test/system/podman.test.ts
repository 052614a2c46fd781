import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PASSWORDS, PULL_TOKEN, startEdgeUnderTest } from '../local/edge/edgeUnderTest.js';
import type { EdgeUnderTest } from '../local/edge/edgeUnderTest.js';
import { requireProgram, runProgram } from './program.js';

let edge: EdgeUnderTest;
let folder: string;
beforeAll(async () => {
  await requireProgram('podman');
  edge = await startEdgeUnderTest();
  folder = await mkdtemp(join(tmpdir(), 'podman-'));
  await mkdir(join(folder, 'runtime'), { mode: 0o700 });
  await writeFile(join(folder, 'policy.json'), JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
});
afterAll(async () => {
  await edge?.close();
  if (!folder) return;
  await podman('rmi', '--all', '--force');
  await endPauseProcess();
  await rm(folder, { recursive: true, force: true });
});

/** Without privileges podman leaves a process that holds its user namespace. */
async function endPauseProcess(): Promise<void> {
  const file = join(folder, 'runtime', 'libpod', 'tmp', 'pause.pid');
  const pid = Number(await readFile(file, 'utf8').catch(() => ''));
  if (pid > 1) process.kill(pid);
}

/** With storage of its own that needs no mounts, so it works without privileges and leaves nothing behind. */
function podman(...args: string[]) {
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
  const env = { HOME: folder, XDG_RUNTIME_DIR: join(folder, 'runtime') };
  return runProgram('podman', [...storage, ...args], env);
}

async function pull(password: string, image: string) {
  const authFile = join(folder, 'config.json');
  const auth = Buffer.from(`${PULL_TOKEN}:${password}`).toString('base64');
  await writeFile(authFile, JSON.stringify({ auths: { [edge.host]: { auth } } }), { mode: 0o600 });
  const flags = ['--tls-verify=false', '--authfile', authFile, '--signature-policy', join(folder, 'policy.json')];
  return podman('pull', ...flags, `${edge.host}/${image}`);
}

test('podman pulls from the connected registry stand-in with a saved secret as its authfile', async () => {
  expect(await pull(PASSWORDS.two, 'hello-world:latest')).toMatchObject({ ok: true });
  const { text } = await podman('images', '--format', '{{.Repository}}:{{.Tag}}');
  expect(text.trim()).toBe(`${edge.host}/hello-world:latest`);
});

test('podman is refused with a wrong password, and out of scope', async () => {
  expect((await pull('wrong', 'hello-world:latest')).text).toContain('invalid username/password');
  expect((await pull(PASSWORDS.one, 'other:latest')).text).toContain('Insufficient scopes');
});
