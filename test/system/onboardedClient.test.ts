import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../e2e/harness/testStack.js';

let it: TestStack;
let folder: string;
let image: string;
let digest: string | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skopeo-'));
  it = await startTestStack();
  const request = { connectedRegistry: 'myconnectedregistry', client: 'skopeo', repositories: ['hello-world'] };
  const { result } = await it.app.end(await it.app.start(request));
  digest = result?.pull.digest;
  const { value = '' } = await it.operator.secrets.getSecret(result?.secret.name ?? '');
  writeFileSync(join(folder, 'config.json'), value);
  image = `docker://${it.stack.endpoints.edge.host}/hello-world`;
});
afterAll(async () => {
  await it.dispose();
  rmSync(folder, { recursive: true, maxRetries: 5 });
});

test('skopeo pulls with the saved secret as its authfile, and gets the digest of the operation', () => {
  const copy = join(folder, 'image');
  execFileSync('skopeo', [
    '--insecure-policy', // Which signatures a machine asks for is not the matter here.
    'copy',
    '--quiet',
    '--src-tls-verify=false',
    `--src-authfile=${join(folder, 'config.json')}`,
    `${image}:latest`,
    `dir:${copy}`,
  ]);
  const manifest = createHash('sha256')
    .update(readFileSync(join(copy, 'manifest.json')))
    .digest('hex');
  expect(`sha256:${manifest}`).toBe(digest);
});

test('without the secret skopeo is refused', () => {
  const { status, stderr } = spawnSync('skopeo', ['inspect', '--tls-verify=false', '--no-creds', `${image}:latest`], {
    encoding: 'utf8',
  });
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/unauthorized|authentication required|invalid username/);
});
