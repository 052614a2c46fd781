import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { joinedAgent, startStackForAgents } from '../e2e/enrolment/joinedAgent.js';
import { Joiner } from '../e2e/enrolment/joiner.js';
import { onboardingOf } from '../e2e/harness/appClient.js';
import type { Login } from '../e2e/harness/operatorSdk.js';
import { TakingAway } from '../e2e/harness/takingAway.js';
import type { TestStack } from '../e2e/harness/testStack.js';
import { startChild, type Child } from '../shared/childProcess.js';
import { startPodmanStore, type PodmanStore } from './podmanStore.js';
import { pythonWithDocker, requireProgram, runProgram } from './program.js';

/*
 * What an agent that has joined has written is read by those that need it: skopeo and podman, docker's command line,
 * and docker's library for Python. Each by its own code, from the file alone.
 */

const CLIENT = 'joined-engines';
/** Docker's own reading of a `config.json`: docker-py, `docker.auth`. Prints the login for a registry. */
const DOCKER_PY = `
import json, sys
from docker import auth
found = auth.load_config(sys.argv[1]).resolve_authconfig(sys.argv[2])
print(json.dumps(found and {"user": found["username"], "password": found["password"], "host": found["serveraddress"]}))
`;
const readByDocker = z.object({ user: z.string(), password: z.string(), host: z.string() }).nullable();

let it: TestStack;
let folder: string;
let file: string;
let image: string;
let podman: PodmanStore;
let agent: Child;
/** A Python that has docker's library. */
let python: string;

beforeAll(async () => {
  for (const [program, debianPackage] of [
    ['docker', 'docker-cli or docker.io'],
    ['skopeo', 'skopeo'],
    ['podman', 'podman'],
  ] as const)
    await requireProgram(program, debianPackage);
  python = await pythonWithDocker();
  folder = await mkdtemp(join(tmpdir(), 'joined-engines-'));
  file = join(folder, 'docker', 'config.json');
  await mkdir(dirname(file));
  podman = await startPodmanStore(join(folder, 'podman'));
  it = await startStackForAgents();
  image = `${it.stack.endpoints.edge.host}/hello-world:latest`;
  const token = join(folder, 'token');
  await writeFile(token, await new Joiner(it).token(CLIENT));
  const env = { JOIN_FOLDER: join(folder, 'keys') };
  const { url } = it.stack.endpoints.functions;
  const joins = startChild('agent/main.js', ['join', '--token-file', token, '--url', url], env);
  if ((await joins.exit) !== 0) throw new Error(joins.stderr());
  agent = startChild('agent/main.js', [], { ...env, ...joinedAgent(it, file) });
  await agent.says(/DEVICE READY/);
});
afterAll(async () => {
  await agent?.end();
  await podman?.close();
  await it?.dispose();
  if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/**
 * Whether each engine gets the image with what is in the file. Docker's command line pulls only by an engine; it
 * inspects by itself.
 */
async function engines(): Promise<Record<string, boolean>> {
  const copy = await mkdtemp(join(folder, 'copy-'));
  const tls = ['--src-tls-verify=false', '--src-authfile', file];
  const all = {
    skopeo: await runProgram('skopeo', ['--insecure-policy', 'copy', ...tls, `docker://${image}`, `dir:${copy}`]),
    podman: await podman.pull(file, image),
    docker: await runProgram('docker', ['--config', dirname(file), 'manifest', 'inspect', '--insecure', image], {
      // Kept by docker from the last time, so that it would not ask.
      HOME: await mkdtemp(join(folder, 'home-')),
    }),
  };
  await podman.run('rmi', '--all', '--force');
  return Object.fromEntries(Object.entries(all).map(([engine, { ok }]) => [engine, ok]));
}
const ALL = { skopeo: true, podman: true, docker: true };
const NONE = { skopeo: false, podman: false, docker: false };

/** The login that docker's library finds in the file. */
async function dockerPy(): Promise<Login | null> {
  const { ok, text } = await runProgram(python, ['-c', DOCKER_PY, file, it.stack.endpoints.edge.host]);
  if (!ok) throw new Error(`docker for Python could not read the file: ${text}`);
  return readByDocker.parse(JSON.parse(text));
}

/** Waits until the agent has written what the vault has now. */
async function delivered(): Promise<Login> {
  const login = await it.operator.login(it.secretOf(CLIENT));
  const auth = Buffer.from(`${login.user}:${login.password}`).toString('base64');
  await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toContain(auth), { timeout: 60_000, interval: 50 });
  return login;
}

test('skopeo, podman, docker and docker’s library take what a joined agent has written, also after a rotation', async () => {
  await writeFile(file, '{}', { mode: 0o600 });
  expect(await engines()).toEqual(NONE);
  expect(await dockerPy()).toBeNull();

  const onboarded = await it.app.end(await it.app.start(onboardingOf(CLIENT)));
  expect(onboarded).toMatchObject({ status: 'completed' });
  const first = await delivered();
  expect(await engines()).toEqual(ALL);
  expect(await dockerPy()).toEqual(first);
  const raw = ['inspect', '--raw', '--tls-verify=false', '--authfile', file, `docker://${image}`];
  const { text } = await runProgram('skopeo', raw);
  expect(`sha256:${createHash('sha256').update(text).digest('hex')}`).toBe(onboarded.result?.pull.digest);

  expect(await it.app.end(await it.app.rotate(CLIENT))).toMatchObject({ status: 'completed' });
  const second = await delivered();
  expect(second.password).not.toBe(first.password);
  expect(await engines()).toEqual(ALL);
  expect(await dockerPy()).toEqual(second);
});

test('after a revocation the file opens nothing any more', async () => {
  expect(await new TakingAway(it).revoke(CLIENT)).toMatchObject({ status: 'completed' });
  await vi.waitFor(async () => expect(await engines()).toEqual(NONE), { timeout: 60_000, interval: 200 });
});
