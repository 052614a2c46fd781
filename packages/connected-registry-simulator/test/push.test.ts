import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PASSWORDS, SYNCED, startEdgeUnderTest } from './edgeUnderTest.js';
import type { EdgeUnderTest } from './edgeUnderTest.js';
import { slot } from './fakeControlPlane.js';
import { bearer, errorOf } from './registryCalls.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const PUSHER = 'pusher';
const all = (repository: string) =>
  ['content/read', 'content/write', 'metadata/read'].map((action) => `repositories/${repository}/${action}`);

let edge: EdgeUnderTest;
let token: string;

async function start(mode: string): Promise<void> {
  edge = await startEdgeUnderTest({
    ...SYNCED,
    connectedRegistry: { name: 'myconnectedregistry', mode, schedule: '* * * * *', status: 'Active' },
    tokens: [
      ...(SYNCED.tokens ?? []),
      {
        name: PUSHER,
        enabled: true,
        actions: [...all('samples/*'), ...all('elsewhere'), 'repositories/hello-world/content/read'],
        passwords: [slot('password1', PASSWORDS.one)],
      },
    ],
    scopes: [[...all('samples/*'), ...all('hello-world'), ...all('elsewhere')], all('samples/*')],
  });
  token = await pushToken('samples/new');
}
const pushToken = (repository: string) => bearer(edge, PUSHER, PASSWORDS.one, `repository:${repository}:pull,push`);

beforeEach(() => start('ReadWrite'));
afterEach(() => edge.close());

const digestOf = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function call(method: string, path: string, body?: Buffer | string, headers: Record<string, string> = {}, as = token) {
  return fetch(path.startsWith('http') ? path : `${edge.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${as}`, accept: '*/*', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
}

async function uploadAt(repository = 'samples/new'): Promise<string> {
  const started = await call('POST', `/v2/${repository}/blobs/uploads/`, undefined, {}, await pushToken(repository));
  expect(started.status).toBe(202);
  expect(started.headers.get('docker-upload-uuid')).toBeTruthy();
  return started.headers.get('location') ?? '';
}

async function pushBlob(bytes: Buffer): Promise<{ mediaType: string; digest: string; size: number }> {
  const digest = digestOf(bytes);
  const done = await call('POST', `/v2/samples/new/blobs/uploads/?digest=${digest}`, bytes);
  expect([done.status, done.headers.get('docker-content-digest')]).toEqual([201, digest]);
  return { mediaType: 'application/octet-stream', digest, size: bytes.length };
}

async function pushImage(tag: string): Promise<{ text: string; digest: string }> {
  const config = await pushBlob(Buffer.from('{}'));
  const layer = await pushBlob(randomBytes(100));
  const text = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] });
  const put = await call('PUT', `/v2/samples/new/manifests/${tag}`, text, { 'content-type': MANIFEST });
  expect(put.status).toBe(201);
  return { text, digest: digestOf(text) };
}

describe('a pushed blob', () => {
  test('is accepted in one request', async () => {
    const bytes = randomBytes(1000);
    const { digest } = await pushBlob(bytes);
    const read = await call('GET', `/v2/samples/new/blobs/${digest}`);

    expect(Buffer.from(await read.arrayBuffer())).toEqual(bytes);
  });

  test('is accepted with a POST and a PUT', async () => {
    const bytes = randomBytes(1000);
    const location = await uploadAt();

    expect((await call('PUT', `${location}?digest=${digestOf(bytes)}`, bytes)).status).toBe(201);
    expect((await call('HEAD', `/v2/samples/new/blobs/${digestOf(bytes)}`)).status).toBe(200);
  });

  test('is accepted in consecutive chunks', async () => {
    const bytes = randomBytes(1000);
    const location = await uploadAt();

    const first = await call('PATCH', location, bytes.subarray(0, 400), { 'content-range': '0-399' });

    expect([first.status, first.headers.get('range')]).toEqual([202, '0-399']);

    const gap = await call('PATCH', location, bytes.subarray(500), { 'content-range': '500-999' });
    expect([gap.status, gap.headers.get('range')]).toEqual([416, '0-399']);

    const asked = await call('GET', location);
    expect([asked.status, asked.headers.get('range')]).toEqual([204, '0-399']);

    await call('PATCH', location, bytes.subarray(400, 900), { 'content-range': '400-899' });

    const done = await call('PUT', `${location}?digest=${digestOf(bytes)}`, bytes.subarray(900));

    expect(done.status).toBe(201);

    const read = await call('GET', done.headers.get('location') ?? '');
    expect(Buffer.from(await read.arrayBuffer())).toEqual(bytes);
  });

  test('is refused if it does not match its digest', async () => {
    const location = await uploadAt();
    const refused = await call('PUT', `${location}?digest=${digestOf('other')}`, Buffer.from('bytes'));

    expect(await errorOf(refused)).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
    expect((await call('HEAD', `/v2/samples/new/blobs/${digestOf('bytes')}`)).status).toBe(404);
  });

  test('cannot be uploaded after a cancellation or by the address of another repository', async () => {
    const location = await uploadAt();
    const elsewhere = location.replace('samples/new', 'samples/other');
    const other = await call('PATCH', elsewhere, Buffer.from('x'), {}, await pushToken('samples/other'));

    expect(await errorOf(other)).toMatchObject({ status: 404, code: 'BLOB_UPLOAD_UNKNOWN' });
    expect((await call('DELETE', location)).status).toBe(204);
    expect((await call('PATCH', location, Buffer.from('x'))).status).toBe(404);
  });

  test('is mounted from a repository that the client may pull; otherwise an upload starts', async () => {
    const manifest = await call(
      'GET',
      '/v2/hello-world/manifests/latest',
      undefined,
      {},
      await pushToken('hello-world'),
    );
    // The base layer is in every repository here, also in those that this client may not read.
    const { layers } = (await manifest.json()) as { layers: { digest: string }[] };
    const digest = layers[0]?.digest;
    const mount = (from: string) => call('POST', `/v2/samples/new/blobs/uploads/?mount=${digest}&from=${from}`);

    expect((await mount('other')).status).toBe(202);
    expect((await call('HEAD', `/v2/samples/new/blobs/${digest}`)).status).toBe(404);
    expect((await mount('hello-world')).status).toBe(201);
    expect((await call('HEAD', `/v2/samples/new/blobs/${digest}`)).status).toBe(200);
  });
});

describe('a pushed manifest', () => {
  test('is served by tag and digest and listed, immediately and after a restart', async () => {
    const { text, digest } = await pushImage('v1');
    for (const round of ['now', 'after a restart']) {
      for (const reference of ['v1', digest]) {
        const read = await call('GET', `/v2/samples/new/manifests/${reference}`);
        expect([round, read.status, await read.text()]).toEqual([round, 200, text]);
        expect(read.headers.get('docker-content-digest')).toBe(digest);
      }
      const tags = await call('GET', '/v2/samples/new/tags/list');
      expect(await tags.json()).toEqual({ name: 'samples/new', tags: ['v1'] });
      await edge.restart();
      token = await pushToken('samples/new');
    }
  });

  test('of an index requires its images', async () => {
    const { digest, text } = await pushImage('v1');
    const index = (to: string) =>
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [{ digest: to, size: text.length }] });
    const put = (body: string) => call('PUT', '/v2/samples/new/manifests/multi', body, { 'content-type': INDEX });

    expect((await put(index(digest))).status).toBe(201);
    expect(await errorOf(await put(index(digestOf('none'))))).toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN' });
  });

  test.each([
    ['v1', 'not JSON', 'MANIFEST_INVALID'],
    ['v1', '{"schemaVersion":2}', 'MANIFEST_INVALID'],
    ['-v1', '{}', 'TAG_INVALID'],
    [digestOf('other'), '{}', 'DIGEST_INVALID'],
    [
      'v1',
      JSON.stringify({ schemaVersion: 2, config: { digest: digestOf('a') }, layers: [] }),
      'MANIFEST_BLOB_UNKNOWN',
    ],
  ])('%s with the body %s is refused by %s', async (reference, body, code) => {
    const put = await call('PUT', `/v2/samples/new/manifests/${reference}`, body, { 'content-type': MANIFEST });
    expect(await errorOf(put)).toMatchObject({ status: 400, code });
  });
});

describe('a pushed tag', () => {
  const reported = () => (edge.plane.syncs.at(-1)?.body as { pushed: unknown } | undefined)?.pushed;

  test('is reported until the cloud has it, and is deleted after the cloud has deleted it', async () => {
    await pushImage('v1');
    await edge.sync();

    await edge.sync();

    expect(reported()).toEqual([{ repository: 'samples/new', tag: 'v1' }]);

    const before = edge.plane.state.repositories;
    edge.plane.state = {
      ...edge.plane.state,
      repositories: [...before, { name: 'samples/new', tags: ['v1'] }],
    };
    await edge.sync();

    await edge.sync();

    expect(reported()).toEqual([]);

    edge.plane.state = { ...edge.plane.state, repositories: before };
    await edge.sync();
    token = await pushToken('samples/new');

    expect((await call('GET', '/v2/samples/new/manifests/v1')).status).toBe(404);
  });
});

describe('a push', () => {
  const startUpload = (repository: string, as: string) =>
    call('POST', `/v2/${repository}/blobs/uploads/`, undefined, {}, as).then(errorOf);
  const notAllowed = { status: 403, code: 'DENIED', message: 'This operation is not allowed on this registry.' };

  test('is refused in ReadOnly mode, whatever the rights', async () => {
    await edge.close();
    await start('ReadOnly');

    expect(await startUpload('samples/new', token)).toEqual(notAllowed);

    const put = await call('PUT', '/v2/samples/new/manifests/v1', '{}', { 'content-type': MANIFEST });
    expect(await errorOf(put)).toEqual(notAllowed);
  });

  test('is refused without content/write, and without a token is challenged for the required scope', async () => {
    const reader = await pushToken('hello-world');

    expect(await startUpload('hello-world', reader)).toMatchObject({ status: 401, code: 'DENIED' });

    const anonymous = await fetch(`${edge.url}/v2/samples/new/blobs/uploads/`, { method: 'POST' });
    expect(anonymous.headers.get('www-authenticate')).toContain('scope="repository:samples/new:pull,push"');
  });

  test('is refused outside the sync scope of an ancestor', async () => {
    expect(await startUpload('elsewhere', await pushToken('elsewhere'))).toEqual(notAllowed);
  });
});
