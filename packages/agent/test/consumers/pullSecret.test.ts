import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Consumer } from '../../src/consumers/consumer.js';
import { pullSecret } from '../../src/consumers/pullSecret.js';
import { startFakeCluster } from '../under-test/fakeCluster.js';
import type { FakeCluster, SecretObject } from '../under-test/fakeCluster.js';

const KEY = '.dockerconfigjson';
const signal = new AbortController().signal;
let folder: string;
let cluster: FakeCluster;
let consumer: Consumer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  cluster = await startFakeCluster(folder);
  consumer = pullSecret({ namespace: 'apps', name: 'edge-pull' }, cluster.settings);
});
afterEach(async () => {
  await cluster.close();
  await rm(folder, { recursive: true, maxRetries: 5 });
});

const write = (password: string, endpoint = 'edge:8000', secret = 'device-1', takeOver = false) =>
  consumer.write({ secret, credentials: { endpoint, username: 'token', password }, takeOver }, signal);
const auth = (password: string) => Buffer.from(`token:${password}`).toString('base64');
const content = () =>
  JSON.parse(
    Buffer.from(cluster.secrets.get('apps/edge-pull')?.data?.[KEY] ?? '', 'base64').toString('utf8'),
  ) as unknown;
const existing = (changes: Partial<SecretObject> = {}): SecretObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'kubernetes.io/dockerconfigjson',
  metadata: { name: 'edge-pull', resourceVersion: '7', annotations: { owner: 'somebody' } },
  data: {
    [KEY]: Buffer.from('{"auths":{"other:443":{"auth":"b3RoZXI6cHc="}}}').toString('base64'),
    more: 'eA==',
  },
  ...changes,
});

test('a missing pull secret is created with the type that a kubelet expects', async () => {
  expect(await write('first')).toBe('written');
  expect(cluster.secrets.get('apps/edge-pull')).toMatchObject({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: { name: 'edge-pull' },
  });
  expect(content()).toEqual({ auths: { 'edge:8000': { auth: auth('first') } } });
  expect(cluster.requests).toEqual([
    'GET /api/v1/namespaces/apps/secrets/edge-pull',
    'POST /api/v1/namespaces/apps/secrets application/json',
  ]);
});

test('an existing one keeps all its content except the entry, and is not written if nothing changes', async () => {
  cluster.secrets.set('apps/edge-pull', existing());

  expect(await write('new')).toBe('written');
  expect(content()).toEqual({ auths: { 'other:443': { auth: 'b3RoZXI6cHc=' }, 'edge:8000': { auth: auth('new') } } });
  expect(cluster.secrets.get('apps/edge-pull')).toMatchObject({
    metadata: { annotations: { owner: 'somebody' } },
    data: { more: 'eA==' },
  });

  const before = cluster.requests.length;
  expect(await write('new')).toBe('unchanged');
  expect(cluster.requests.slice(before)).toEqual(['GET /api/v1/namespaces/apps/secrets/edge-pull']);
});

test('a conflicting write is repeated, and no change is lost', async () => {
  cluster.secrets.set('apps/edge-pull', existing());
  cluster.beforeNextWrite = () =>
    cluster.secrets.set(
      'apps/edge-pull',
      existing({
        metadata: { name: 'edge-pull', resourceVersion: '8' },
        data: { [KEY]: Buffer.from('{"auths":{"late:443":{"auth":"bGF0ZTpwdw=="}}}').toString('base64') },
      }),
    );

  expect(await write('new')).toBe('written');
  expect(content()).toEqual({ auths: { 'late:443': { auth: 'bGF0ZTpwdw==' }, 'edge:8000': { auth: auth('new') } } });
});

test('a pull secret that others create or delete in the meantime is read again', async () => {
  cluster.beforeNextWrite = () => cluster.secrets.set('apps/edge-pull', existing());
  expect(await write('new')).toBe('written');
  expect(content()).toMatchObject({ auths: { 'other:443': {}, 'edge:8000': { auth: auth('new') } } });

  cluster.beforeNextWrite = () => cluster.secrets.delete('apps/edge-pull');
  expect(await write('newer')).toBe('written');
  expect(content()).toEqual({ auths: { 'edge:8000': { auth: auth('newer') } } });
});

test('a secret of another type, or without a docker config, is not changed', async () => {
  cluster.secrets.set('apps/edge-pull', existing({ type: 'Opaque' }));
  await expect(write('new')).rejects.toThrow(/type Opaque/);
  cluster.secrets.set('apps/edge-pull', existing({ data: { [KEY]: 'bm8ganNvbg==' } }));
  await expect(write('new')).rejects.toThrow(/not a docker config/);
  expect(cluster.requests.every((request) => request.startsWith('GET'))).toBe(true);
});

test.each([
  [403, /role lacks/],
  [500, /500/],
])('a refusal with %i is reported without secrets', async (code, text) => {
  cluster.refuse = code;
  const failure: unknown = await write('secret-word').catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'ConsumerFailure' });
  expect(String(failure)).toMatch(text);
  expect(String(failure)).not.toMatch(/secret-word|service-account-token/);
});

test('the service account’s token is read for each call, because it is renewed', async () => {
  await write('first');
  await cluster.renewToken('another-token');
  expect(await write('second')).toBe('written');
});

test('no token is sent to an API of another CA', async () => {
  const other = await startFakeCluster(await mkdtemp(join(folder, 'other-')));
  consumer = pullSecret({ namespace: 'apps', name: 'edge-pull' }, { ...cluster.settings, url: other.settings.url });
  await expect(write('new')).rejects.toThrow(/does not answer \(\w*(SIGNATURE|CERT|CHAIN)\w*\)/);
  expect(other.requests).toEqual([]);
  await other.close();
});

test('the names of the secrets in the pull secret are remembered by the next run', async () => {
  expect(await consumer.remembered(signal)).toEqual([]);
  await write('a', 'edge:1', 'device-1');
  await write('b', 'edge:2', 'device-2', true);
  const next = pullSecret({ namespace: 'apps', name: 'edge-pull' }, cluster.settings);
  expect(await next.remembered(signal)).toEqual(['device-1', 'device-2']);
});
