import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IDENTITY, startFakeAzure } from '../../packages/agent/test/under-test/fakeAzure.js';
import type { FakeAzure } from '../../packages/agent/test/under-test/fakeAzure.js';
import { startFakeRegistry } from '../../packages/agent/test/under-test/fakeRegistry.js';
import { runProgram } from './program.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;
let azure: FakeAzure;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agent-image-'));
  azure = await startFakeAzure(folder);
});
afterAll(async () => {
  await azure?.close();
  if (folder) await rm(folder, { recursive: true, maxRetries: 5 });
});

/**
 * The Containerfile's stages, each by its COPY and RUN lines. Its base image is this machine: nothing is run as root.
 */
async function followContainerfile(): Promise<string> {
  const text = (await readFile(join(ROOT, 'packages/agent/deploy/Containerfile'), 'utf8')).replace(/^#.*\n/gm, '');
  const stages = text.split(/^FROM .*$/m).slice(1);
  expect(stages).toHaveLength(2);
  const folders = stages.map((_stage, at) => join(folder, `stage-${at}`));
  for (const [at, stage] of stages.entries()) {
    const own = folders[at] ?? '';
    await mkdir(own);
    for (const line of stage.split('\n')) {
      const [, from, rest = ''] = /^COPY (--from=build \/build\/)?(.+)$/.exec(line) ?? [];
      const paths = rest.split(' ').filter(Boolean);
      const target = paths.pop() ?? '';
      for (const path of paths) {
        const name = target.endsWith('/') ? join(target, path.slice(path.lastIndexOf('/') + 1)) : target;
        await mkdir(dirname(join(own, name)), { recursive: true });
        await cp(join(from === undefined ? ROOT : (folders[0] ?? ''), path), join(own, name), { recursive: true });
      }
      const [, command] = /^RUN (.+)$/.exec(line) ?? [];
      if (command === undefined) continue;
      const { ok, text: said } = await runProgram('sh', ['-c', `cd '${own}' && ${command}`]);
      expect(ok, said).toBe(true);
    }
  }
  return folders[1] ?? '';
}

test('the image has what the agent needs, and no more than its packages', { timeout: 900_000 }, async () => {
  const image = await followContainerfile();
  const registry = await startFakeRegistry();
  const auth = Buffer.from('token:password').toString('base64');
  azure.secrets.set('device-1/v1', JSON.stringify({ auths: { [registry.host]: { auth } } }));
  const env = {
    ...IDENTITY,
    KEY_VAULT_URL: azure.url,
    KEY_VAULT_VERIFY_CHALLENGE: 'false',
    AZURE_AUTHORITY_HOST: azure.url,
    DISABLE_INSTANCE_DISCOVERY: 'true',
    NODE_EXTRA_CA_CERTS: azure.caFile,
    INSECURE_REGISTRIES: registry.host,
  };
  const program = join(image, 'dist/main.mjs');
  const args = [program, '--once', '--secret', 'device-1', '--image', 'app:latest'];
  const once = await runProgram(process.execPath, args, env);
  await registry.close();
  expect(once.ok).toBe(true);
  expect(JSON.parse(once.text)).toMatchObject({ outcome: 'pulled' });
  // The channel that loads its package on first use.
  const loaded = await runProgram('sh', [
    '-c',
    `cd '${image}' && node -e "import('mqtt').then(() => console.log('mqtt'))"`,
  ]);
  expect(loaded).toEqual({ ok: true, text: 'mqtt\n' });
  const map = JSON.parse(await readFile(join(image, 'dist/main.mjs.map'), 'utf8')) as { sources: string[] };
  const workspaces = map.sources.map((source) => /packages\/([^/]+)\/src/.exec(source)?.[1]);
  expect(new Set(workspaces)).toEqual(new Set(['agent', 'protocol']));
});
