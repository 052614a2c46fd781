import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConsumerFailure } from '@connected-registry/agent/consumers/consumer';
import { dockerConfigFile } from '@connected-registry/agent/consumers/dockerConfigFile';
import { ENGINE_CASES } from '../../packages/agent/test/under-test/engineCases.js';
import {
  PASSWORDS,
  PULL_TOKEN,
  startEdgeUnderTest,
} from '../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import type { EdgeUnderTest } from '../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import { startPodmanStore } from './podmanStore.js';
import type { PodmanStore } from './podmanStore.js';
import { requireProgram, runProgram } from './program.js';

const ENGINES = ['docker', 'skopeo', 'podman'] as const;
type Engine = (typeof ENGINES)[number];

let edge: EdgeUnderTest;
let folder: string;
let podman: PodmanStore;
beforeAll(async () => {
  await requireProgram('docker', 'docker-cli or docker.io');
  await requireProgram('skopeo');
  await requireProgram('podman');
  edge = await startEdgeUnderTest();
  folder = await mkdtemp(join(tmpdir(), 'engines-'));
  podman = await startPodmanStore(join(folder, 'podman'));
  // A helper that knows nobody, as one does after its owner has signed out.
  await mkdir(join(folder, 'bin'));
  const helper = '#!/bin/sh\ncat >/dev/null\necho "credentials not found in native keychain"\nexit 1\n';
  await writeFile(join(folder, 'bin', 'docker-credential-empty'), helper);
  await chmod(join(folder, 'bin', 'docker-credential-empty'), 0o755);
});
afterAll(async () => {
  await edge?.close();
  await podman?.close();
  if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Whether an engine signs in with the file and finds the image, by what the engine itself reads of the file. */
async function signsIn(engine: Engine, configFolder: string): Promise<boolean> {
  const image = `${edge.host}/hello-world:latest`;
  const file = join(configFolder, 'config.json');
  const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };
  switch (engine) {
    case 'docker':
      return (await runProgram(engine, ['--config', configFolder, 'manifest', 'inspect', '--insecure', image], env)).ok;
    case 'skopeo': {
      const args = ['inspect', '--raw', '--tls-verify=false', '--authfile', file, `docker://${image}`];
      return (await runProgram(engine, args, env)).ok;
    }
    case 'podman':
      return (await podman.pull(file, image, env)).ok;
  }
}

/**
 * Writes what was there before into a folder of its own, then has the agent deliver.
 * @returns the end, or the refusal
 */
async function deliver(name: string, before: string): Promise<{ end: string; configFolder: string }> {
  const configFolder = join(folder, name.replaceAll(/[^A-Za-z0-9]+/g, '-'));
  await mkdir(configFolder);
  const file = join(configFolder, 'config.json');
  await writeFile(file, before, { mode: 0o600 });
  const credentials = { endpoint: edge.host, username: PULL_TOKEN, password: PASSWORDS.one };
  const signal = new AbortController().signal;
  const end = await dockerConfigFile(file)
    .write({ secret: 'device-1', credentials, takeOver: true }, signal)
    .catch((error: unknown) => {
      if (error instanceof ConsumerFailure) return 'refused';
      throw error;
    });
  return { end, configFolder };
}

describe('each docker config.json that the agent may find', () => {
  // Names are those of the cases; endpoints are only known once the registry runs.
  const names = ENGINE_CASES('edge:1', PULL_TOKEN).map(({ name }) => name);

  test.each(names)('with %s: the engines sign in with a delivered credential', async (name) => {
    const found = ENGINE_CASES(edge.host, PULL_TOKEN).find((one) => one.name === name);
    if (!found) throw new Error(`no case ${name}`);
    const { end, configFolder } = await deliver(name, found.before);
    const isRefused = found.right === 'refused';
    const after = await readFile(join(configFolder, 'config.json'), 'utf8');
    // Refused, the file is as it was, and what an engine makes of it is its owner's business.
    const engines = isRefused ? [] : ENGINES;
    const able = await Promise.all(
      engines.map(async (engine) => [engine, await signsIn(engine, configFolder)] as const),
    );
    expect({ end, isAsBefore: after === found.before, able: Object.fromEntries(able) }).toEqual({
      end: found.right,
      isAsBefore: isRefused,
      able: Object.fromEntries(engines.map((engine) => [engine, found.without?.includes(engine) !== true])),
    });
  });

  test('leaves the engines without a login if no credential is delivered, so that the above can fail', async () => {
    const configFolder = join(folder, 'none');
    await mkdir(configFolder);
    await writeFile(join(configFolder, 'config.json'), '{}');
    for (const engine of ENGINES) expect(await signsIn(engine, configFolder)).toBe(false);
  });
});
