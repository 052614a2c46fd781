import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  FULL_TOKEN,
  PASSWORDS,
  PULL_TOKEN,
  SYNCED,
  startEdgeUnderTest,
} from '../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import type { EdgeUnderTest } from '../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import { slot } from '../../packages/connected-registry-simulator/test/fakeControlPlane.js';

const run = promisify(execFile);

let edge: EdgeUnderTest;
let directory: string;
let authFile: string;
beforeAll(async () => {
  await run('skopeo', ['--version']).catch(() => {
    throw new Error('skopeo is not installed: the system tests need it (Debian package skopeo)');
  });
  edge = await startEdgeUnderTest();
  directory = await mkdtemp(join(tmpdir(), 'skopeo-'));
  authFile = join(directory, 'config.json');
});
afterAll(async () => {
  await edge?.close();
  if (directory) await rm(directory, { recursive: true, maxRetries: 5 });
});

/** Runs skopeo with a docker config.json as the vault holds it: `auths` by endpoint, with `auth` and nothing else. */
async function skopeo(user: string, password: string, ...args: string[]): Promise<{ ok: boolean; text: string }> {
  const auth = Buffer.from(`${user}:${password}`).toString('base64');
  await writeFile(authFile, JSON.stringify({ auths: { [edge.host]: { auth } } }), { mode: 0o600 });
  return run('skopeo', ['--policy', await policy(), ...args, '--authfile', authFile], { timeout: 300_000 }).then(
    ({ stdout }) => ({ ok: true, text: stdout }),
    (error: unknown) => ({ ok: false, text: error instanceof Error ? error.message : String(error) }),
  );
}

async function policy(): Promise<string> {
  const file = join(directory, 'policy.json');
  await writeFile(file, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  return file;
}

const source = (image: string) => `docker://${edge.host}/${image}`;
const copy = (user: string, password: string, image: string) =>
  skopeo(user, password, 'copy', '--src-tls-verify=false', source(image), `dir:${join(directory, 'out')}`);

describe('skopeo against the connected registry stand-in', () => {
  test('copies images of every form with the password of either slot', async () => {
    for (const password of [PASSWORDS.one, PASSWORDS.two]) {
      expect(await copy(PULL_TOKEN, password, 'hello-world:latest')).toMatchObject({ ok: true });
    }
    for (const tag of ['v1', 'v1-oci', 'v1-multi']) {
      expect(await copy(FULL_TOKEN, PASSWORDS.full, `samples/app:${tag}`)).toMatchObject({ ok: true });
    }
    const manifest: unknown = JSON.parse(await readFile(join(directory, 'out', 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ mediaType: 'application/vnd.oci.image.manifest.v1+json' });
  });

  test('copies an index whole, and an image by digest', async () => {
    const copyAll = ['copy', '--all', '--src-tls-verify=false', source('samples/app:v1-multi')];
    const all = await skopeo(FULL_TOKEN, PASSWORDS.full, ...copyAll, `dir:${join(directory, 'all')}`);
    expect(all).toMatchObject({ ok: true });
    const inspect = ['inspect', '--tls-verify=false', source('hello-world:latest')];
    const { text } = await skopeo(FULL_TOKEN, PASSWORDS.full, ...inspect);
    const { Digest: digest, Architecture: architecture } = JSON.parse(text) as Record<string, string>;
    expect(architecture).toBe('amd64');
    expect(await copy(FULL_TOKEN, PASSWORDS.full, `hello-world@${digest}`)).toMatchObject({ ok: true });
  });

  test('lists tags with metadata/read, and not without', async () => {
    const list = ['list-tags', '--tls-verify=false'];
    const listed = await skopeo(FULL_TOKEN, PASSWORDS.full, ...list, source('samples/app'));
    expect(JSON.parse(listed.text)).toMatchObject({ Tags: ['v1', 'v1-multi', 'v1-oci', 'v2'] });
    expect(await skopeo(PULL_TOKEN, PASSWORDS.one, ...list, source('hello-world'))).toMatchObject({ ok: false });
  });

  test.each([
    [
      'a wrong password',
      PULL_TOKEN,
      'wrong',
      'hello-world:latest',
      'unable to retrieve auth token: invalid username/password',
    ],
    [
      'an unbound token',
      'nobody',
      PASSWORDS.one,
      'hello-world:latest',
      'unable to retrieve auth token: invalid username/password',
    ],
    [
      'a repository out of scope',
      PULL_TOKEN,
      PASSWORDS.one,
      'samples/app:v1',
      'denied: Insufficient scopes to perform the operation',
    ],
    ['a repository that is not synced', FULL_TOKEN, PASSWORDS.full, 'not-synced:latest', 'manifest unknown'],
  ])('is refused for %s', async (_case, user, password, image, words) => {
    const { ok, text } = await copy(user, password, image);
    expect(ok).toBe(false);
    expect(text).toContain(words);
  });

  test('is refused if it pushes', async () => {
    await copy(FULL_TOKEN, PASSWORDS.full, 'hello-world:latest');
    const push = ['copy', '--dest-tls-verify=false', `dir:${join(directory, 'out')}`, source('hello-world:mine')];
    const { ok, text } = await skopeo(FULL_TOKEN, PASSWORDS.full, ...push);
    expect(ok).toBe(false);
    expect(text).toContain('This operation is not allowed on this registry.');
  });

  test('pushes images of every form to a ReadWrite connected registry, and pulls them again', async () => {
    const actions = ['content/read', 'content/write'].map((action) => `repositories/samples/copy/${action}`);
    const pusher = { name: 'pusher', enabled: true, actions, passwords: [slot('password1', PASSWORDS.one)] };
    const writable = await startEdgeUnderTest({
      ...SYNCED,
      connectedRegistry: { name: 'myconnectedregistry', mode: 'ReadWrite' },
      tokens: [pusher],
      scopes: [actions],
    });
    try {
      const target = (tag: string) => `docker://${writable.host}/samples/copy:${tag}`;
      const credentials = `pusher:${PASSWORDS.one}`;
      for (const tag of ['v1', 'v1-oci', 'v1-multi']) {
        const flags = ['--all', '--src-tls-verify=false', '--dest-tls-verify=false', '--dest-creds', credentials];
        const push = ['copy', ...flags, source(`samples/app:${tag}`), target(tag)];
        expect(await skopeo(FULL_TOKEN, PASSWORDS.full, ...push)).toMatchObject({ ok: true });
        const raw = ['inspect', '--raw', '--tls-verify=false'];
        const there = await skopeo(FULL_TOKEN, PASSWORDS.full, ...raw, '--creds', credentials, target(tag));
        const here = await skopeo(FULL_TOKEN, PASSWORDS.full, ...raw, source(`samples/app:${tag}`));
        expect(there).toEqual({ ...here, ok: true });
      }
      const back = ['copy', '--all', '--src-tls-verify=false', '--src-creds', credentials, target('v1-multi')];
      const pulled = await skopeo(FULL_TOKEN, PASSWORDS.full, ...back, `dir:${join(directory, 'back')}`);
      expect(pulled).toMatchObject({ ok: true });
    } finally {
      await writable.close();
    }
  });
});
