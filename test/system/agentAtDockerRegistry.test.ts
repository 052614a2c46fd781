import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { CREDENTIAL_PROMOTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import { cloudEvent, promotion } from '../../packages/agent/test/under-test/agentUnderTest.js';
import { startChild } from '../shared/childProcess.js';
import { until } from '../../packages/agent/test/under-test/until.js';
import { IDENTITY, startFakeAzure } from '../../packages/agent/test/under-test/fakeAzure.js';
import type { FakeAzure } from '../../packages/agent/test/under-test/fakeAzure.js';
import {
  FULL_TOKEN,
  PASSWORDS,
  startEdgeUnderTest,
} from '../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import type { EdgeUnderTest } from '../../packages/connected-registry-simulator/test/edgeUnderTest.js';
import { startDockerRegistry } from './dockerRegistry.js';
import type { DockerRegistry } from './dockerRegistry.js';
import { requireProgram, runProgram } from './program.js';

const PUSHER = 'pusher';
const CLIENT = 'client-token';
const USERS = {
  [PUSHER]: {
    passwords: ['push-password'],
    rights: { 'hello-world': ['pull', 'push'], 'samples/app': ['pull', 'push'], private: ['pull', 'push'] },
  },
  [CLIENT]: {
    passwords: ['first+pass/word=', 'second-password'],
    rights: { 'hello-world': ['pull'], 'samples/app': ['pull'], missing: ['pull'] },
  },
};

describe.each(['http', 'https'])('the agent against docker-registry over %s', (protocol) => {
  let folder: string;
  let azure: FakeAzure;
  let edge: EdgeUnderTest;
  let registry: DockerRegistry;
  let authFile: string;
  let registryCa: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    await requireProgram('docker-registry');
    await requireProgram('skopeo');
    folder = await mkdtemp(join(tmpdir(), 'docker-registry-'));
    azure = await startFakeAzure(folder);
    edge = await startEdgeUnderTest();
    // An authority of the registry's own, which neither vault nor app have to do with.
    const authority = join(folder, 'registry-authority');
    const { caFile } = await ensureCertificates(authority);
    registryCa = caFile;
    registry = await startDockerRegistry(join(folder, 'registry'), USERS, protocol === 'https' ? authority : undefined);
    authFile = join(folder, 'auth.json');
    const auths = {
      [edge.host]: { auth: basic(FULL_TOKEN, PASSWORDS.full) },
      [registry.host]: { auth: basic(PUSHER, 'push-password') },
    };
    await writeFile(authFile, JSON.stringify({ auths }), { mode: 0o600 });
    await writeFile(join(folder, 'policy.json'), JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
    for (const [from, to] of [
      ['hello-world:latest', 'hello-world:latest'],
      ['samples/app:v1-oci', 'samples/app:v1-oci'],
      ['samples/app:v1-multi', 'samples/app:v1-multi'],
      ['hello-world:latest', 'private:latest'],
    ]) {
      const args = ['copy', '--all', '--src-tls-verify=false', `--dest-tls-verify=${protocol === 'https'}`];
      const pushed = await skopeo(...args, `docker://${edge.host}/${from}`, `docker://${registry.host}/${to}`);
      if (!pushed.ok) throw new Error(`skopeo could not push ${to}: ${pushed.text}`);
    }
    env = {
      ...IDENTITY,
      KEY_VAULT_URL: azure.url,
      KEY_VAULT_VERIFY_CHALLENGE: 'false',
      AZURE_AUTHORITY_HOST: azure.url,
      DISABLE_INSTANCE_DISCOVERY: 'true',
      REPORT_URL: 'http://localhost:1',
      NODE_EXTRA_CA_CERTS: azure.caFile,
      PLATFORM: 'linux/arm64',
      ...(protocol === 'https' && { REGISTRY_CA_FILE: registryCa }),
      ...(protocol === 'http' && { INSECURE_REGISTRIES: `${registry.host},${registry.directHost}` }),
    };
  });
  afterAll(async () => {
    await registry?.close();
    await edge?.close();
    await azure?.close();
    if (folder) await rm(folder, { recursive: true, maxRetries: 5 });
  });

  const basic = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');
  const skopeo = (...args: string[]) =>
    runProgram('skopeo', ['--policy', join(folder, 'policy.json'), ...args, '--authfile', authFile], {
      SSL_CERT_FILE: registryCa,
    });

  /** What one check from the command line ends with. */
  async function check(
    image: string,
    { password = 'first+pass/word=', host = registry.host } = {},
  ): Promise<{ outcome: string; digest?: string; bytes?: number; reason?: string }> {
    const auth = basic(CLIENT, password);
    azure.secrets.set('device-1/v1', JSON.stringify({ auths: { [host]: { auth } } }));
    const child = startChild(
      'agent/main.js',
      ['--once', '--secret', 'device-1', '--version', 'v1', '--image', image],
      env,
    );
    await child.exit;
    for (const secret of [password, auth]) expect(child.stdout() + child.stderr()).not.toContain(secret);
    return JSON.parse(child.stdout()) as { outcome: string };
  }

  async function digestOf(image: string): Promise<string> {
    const args = ['inspect', `--tls-verify=${protocol === 'https'}`, '--format', '{{.Digest}}'];
    const { ok, text } = await skopeo(...args, `docker://${registry.host}/${image}`);
    expect(ok).toBe(true);
    return text.trim();
  }

  test.each(['first+pass/word=', 'second-password'])(
    'pulls with the password %s and reports the digest',
    async (password) => {
      const digest = await digestOf('hello-world:latest');
      const pulled = await check('hello-world:latest', { password });
      expect(pulled).toMatchObject({ outcome: 'pulled', digest });
      expect(pulled.bytes).toBeGreaterThan(90_000);
    },
  );

  test('pulls by digest, and an OCI image', async () => {
    const digest = await digestOf('hello-world:latest');
    expect(await check(`hello-world@${digest}`)).toMatchObject({ outcome: 'pulled', digest });
    expect(await check('samples/app:v1-oci')).toMatchObject({
      outcome: 'pulled',
      digest: await digestOf('samples/app:v1-oci'),
    });
  });

  test('finds its platform in an index', async () => {
    const raw = await skopeo(
      'inspect',
      `--tls-verify=${protocol === 'https'}`,
      '--raw',
      `docker://${registry.host}/samples/app:v1-multi`,
    );
    expect(JSON.parse(raw.text)).toMatchObject({ mediaType: 'application/vnd.oci.image.index.v1+json' });
    const digest = await digestOf('samples/app:v1-multi');
    const pulled = await check('samples/app:v1-multi');
    expect(pulled).toMatchObject({ outcome: 'pulled', digest });
    expect(pulled.bytes).toBeGreaterThan(90_000);
  });

  test('distinguishes a wrong password, a missing right, a missing repository and a missing tag', async () => {
    expect(await check('hello-world:latest', { password: 'wrong' })).toMatchObject({ outcome: 'unauthorized' });
    expect(await check('private:latest')).toMatchObject({ outcome: 'insufficient-scope' });
    expect(await check('missing:latest')).toMatchObject({ outcome: 'manifest-unknown' });
    expect(await check('hello-world:v9')).toMatchObject({ outcome: 'manifest-unknown' });
  });

  test('gives promoted passwords to a file that skopeo pulls with, before and after a rotation', async () => {
    const file = join(folder, `engine-${protocol}.json`);
    const other = { 'other.example:5000': { auth: basic('somebody', 'else') } };
    await writeFile(file, JSON.stringify({ auths: other }));
    const agent = startChild('agent/main.js', ['--port', '0'], { ...env, DOCKER_CONFIG_FILE: file });
    const [, url = ''] = await agent.says(/READY (\S+)/);
    for (const [at, password] of (['first+pass/word=', 'second-password'] as const).entries()) {
      const version = `v${at + 1}`;
      azure.secrets.set(
        `main/${version}`,
        JSON.stringify({ auths: { [registry.host]: { auth: basic(CLIENT, password) } } }),
      );
      const data = promotion({ operation: `run.${version}`, secret: { name: 'main', version } });
      const response = await fetch(url, {
        method: 'POST',
        body: JSON.stringify(cloudEvent(data, CREDENTIAL_PROMOTED)),
      });
      expect(response.status).toBe(200);
      await until('the delivery', () => agent.stderr().includes(`"version":"${version}","to":"docker config`));
      const written = JSON.parse(await readFile(file, 'utf8')) as unknown;
      expect(written).toEqual({ auths: { ...other, [registry.host]: { auth: basic(CLIENT, password) } } });
      const target = `dir:${join(folder, `pulled-${protocol}-${at}`)}`;
      const source = `docker://${registry.host}/hello-world:latest`;
      const pulled = await runProgram(
        'skopeo',
        [
          '--policy',
          join(folder, 'policy.json'),
          'copy',
          `--src-tls-verify=${protocol === 'https'}`,
          '--authfile',
          file,
          source,
          target,
        ],
        { SSL_CERT_FILE: registryCa },
      );
      expect(pulled).toMatchObject({ ok: true });
    }
    expect(await agent.end()).toBe(0);
  });

  test('trusts a registry of a private CA only by its own setting', async () => {
    azure.secrets.set(
      'tls/v1',
      JSON.stringify({ auths: { [registry.host]: { auth: basic(CLIENT, 'second-password') } } }),
    );
    const { REGISTRY_CA_FILE: _ca, ...untrusting } = { REGISTRY_CA_FILE: '', ...env };
    const args = ['--once', '--secret', 'tls', '--image', 'hello-world:latest'];
    const child = startChild('agent/main.js', args, untrusting);
    await child.exit;
    expect(JSON.parse(child.stdout())).toMatchObject({ outcome: protocol === 'https' ? 'tls' : 'pulled' });
  });

  test('does not send its password to a token realm elsewhere', async () => {
    const before = registry.tokenRequests.length;
    const refused = await check('hello-world:latest', { host: registry.directHost });
    // The registry itself speaks plain http, which the secret of a TLS registry does not stand for.
    expect(refused.outcome).toBe(protocol === 'http' ? 'error' : 'tls');
    expect(registry.tokenRequests).toHaveLength(before);
  });
});
