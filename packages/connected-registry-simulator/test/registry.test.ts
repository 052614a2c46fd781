import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCEPT } from '@connected-registry/agent/registry/manifest';
import { FULL_TOKEN, PASSWORDS, PULL_TOKEN, startEdgeUnderTest } from './edgeUnderTest.js';
import type { EdgeUnderTest } from './edgeUnderTest.js';
import { bearer, errorOf } from './registryCalls.js';

let edge: EdgeUnderTest;
beforeAll(async () => {
  edge = await startEdgeUnderTest();
});
afterAll(async () => edge.close());

interface Manifest {
  mediaType: string;
  config: { digest: string; size: number };
  layers: { digest: string; size: number }[];
  manifests: { digest: string; platform: { architecture: string } }[];
}

/** Sends a request, by default a GET with the token that may read everything here. */
async function call(path: string, init: RequestInit & { accept?: string; token?: string } = {}): Promise<Response> {
  const repository = /^\/v2\/(.+?)\/(manifests|blobs|tags)\//.exec(path)?.[1] ?? 'hello-world';
  const token = init.token ?? (await bearer(edge, FULL_TOKEN, PASSWORDS.full, `repository:${repository}:pull`));
  const headers = { authorization: `Bearer ${token}`, accept: init.accept ?? ACCEPT };
  return fetch(`${edge.url}${path}`, { ...init, headers: { ...headers, ...(init.headers as object) } });
}

async function manifestOf(path: string): Promise<Manifest> {
  return (await (await call(path)).json()) as Manifest;
}

describe('authentication', () => {
  test('is challenged with the token endpoint, the service and the required scope', async () => {
    const response = await fetch(`${edge.url}/v2/hello-world/manifests/latest`);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer realm="http://${edge.host}/acr/oauth2/token",service="${edge.host}",scope="repository:hello-world:pull"`,
    );
    expect(await errorOf(response)).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  });

  test('at /v2/ is challenged without a scope, and accepts any valid token', async () => {
    const closed = await fetch(`${edge.url}/v2/`);
    expect(closed.status).toBe(401);
    expect(closed.headers.get('www-authenticate')).not.toContain('scope');
    expect((await call('/v2/')).status).toBe(200);
  });

  test('refuses a token of another registry', async () => {
    const response = await call('/v2/', { token: 'eyJhbGciOiJub25lIn0.e30.' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  test('refuses an expired token', async () => {
    const token = await bearer(edge, FULL_TOKEN, PASSWORDS.full, 'repository:hello-world:pull');

    expect((await call('/v2/hello-world/manifests/latest', { token })).status).toBe(200);

    await edge.clock.advance(61);
    expect((await call('/v2/hello-world/manifests/latest', { token })).status).toBe(401);
  });
});

describe('authorization', () => {
  test('refuses a token without the right to a repository as insufficient', async () => {
    const token = await bearer(edge, PULL_TOKEN, PASSWORDS.one, 'repository:other:pull');

    const response = await call('/v2/other/manifests/latest', { token });

    expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(await errorOf(response)).toEqual({
      status: 401,
      code: 'DENIED',
      message: 'Insufficient scopes to perform the operation',
    });
  });

  test('refuses blobs of another repository than that of the token', async () => {
    const { config } = await manifestOf('/v2/samples/app/manifests/v1');
    const token = await bearer(edge, PULL_TOKEN, PASSWORDS.one, 'repository:hello-world:pull');

    expect((await call(`/v2/hello-world/blobs/${config.digest}`, { token })).status).toBe(404);
    expect((await call(`/v2/samples/app/blobs/${config.digest}`, { token })).status).toBe(401);
  });

  test('requires metadata/read for tags, which content/read does not include', async () => {
    const token = await bearer(edge, PULL_TOKEN, PASSWORDS.one, 'repository:hello-world:pull,metadata_read');

    expect((await call('/v2/hello-world/tags/list', { token })).status).toBe(401);

    const listed = await call('/v2/samples/app/tags/list');
    expect(await listed.json()).toEqual({ name: 'samples/app', tags: ['v1', 'v1-multi', 'v1-oci', 'v2'] });
  });

  test('limits the catalog to the synced repositories that the client token may read', async () => {
    const token = await bearer(edge, FULL_TOKEN, PASSWORDS.full, 'registry:catalog:*');
    const listed = await call('/v2/_catalog', { token });
    expect(await listed.json()).toEqual({ repositories: ['hello-world', 'samples/app'] });
  });

  test.each([
    ['PUT', '/v2/hello-world/manifests/latest'],
    ['POST', '/v2/hello-world/blobs/uploads/'],
    ['DELETE', '/v2/hello-world/manifests/latest'],
  ])('refuses %s %s, because the registry is read-only', async (method, path) => {
    expect((await fetch(`${edge.url}${path}`, { method })).status).toBe(401);

    const error = await errorOf(await call(path, { method }));
    expect(error).toEqual({
      status: 403,
      code: 'DENIED',
      message: 'This operation is not allowed on this registry.',
    });
  });
});

describe('a manifest', () => {
  test('is served by tag and by digest, to GET and HEAD', async () => {
    const byTag = await call('/v2/hello-world/manifests/latest');
    const bytes = Buffer.from(await byTag.arrayBuffer());

    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

    expect(byTag.headers.get('docker-content-digest')).toBe(digest);
    expect(byTag.headers.get('content-type')).toBe('application/vnd.docker.distribution.manifest.v2+json');

    const byDigest = await call(`/v2/hello-world/manifests/${digest}`);
    expect(Buffer.from(await byDigest.arrayBuffer())).toEqual(bytes);

    const head = await call('/v2/hello-world/manifests/latest', { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
    expect(head.headers.get('docker-content-digest')).toBe(digest);
  });

  test('of an index refers to one image per platform', async () => {
    const index = await manifestOf('/v2/samples/app/manifests/v1-multi');
    expect(index.mediaType).toBe('application/vnd.oci.image.index.v1+json');
    expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64', 'arm']);

    for (const { digest } of index.manifests) {
      const child = await manifestOf(`/v2/samples/app/manifests/${digest}`);
      expect(child.mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
      expect((await call(`/v2/samples/app/blobs/${child.config.digest}`)).status).toBe(200);
    }
  });

  test('is not found if the client does not accept its media type', async () => {
    const accept = 'application/vnd.docker.distribution.manifest.v2+json';

    expect((await call('/v2/samples/app/manifests/v1', { accept })).status).toBe(200);

    const oci = await errorOf(await call('/v2/samples/app/manifests/v1-oci', { accept }));
    expect(oci).toMatchObject({ status: 404, code: 'MANIFEST_UNKNOWN' });
    expect(oci.message).toContain('does not support OCI manifests');

    const index = await errorOf(await call('/v2/samples/app/manifests/v1-multi', { accept }));
    expect(index.message).toContain('does not support OCI indexes');
  });

  test.each(['/v2/not-synced/manifests/latest', '/v2/hello-world/manifests/v9'])(
    'that was not synced is unknown: %s',
    async (path) => {
      expect(await errorOf(await call(path))).toEqual({
        status: 404,
        code: 'MANIFEST_UNKNOWN',
        message: 'manifest unknown',
      });
    },
  );

  test('of an unknown repository has no tags: NAME_UNKNOWN', async () => {
    expect(await errorOf(await call('/v2/not-synced/tags/list'))).toMatchObject({ status: 404, code: 'NAME_UNKNOWN' });
  });
});

describe('a blob', () => {
  test('matches its digest and size in the manifest, and a layer is a tar file', async () => {
    const { config, layers } = await manifestOf('/v2/hello-world/manifests/latest');
    const files: string[] = [];
    for (const blob of [config, ...layers]) {
      const bytes = Buffer.from(await (await call(`/v2/hello-world/blobs/${blob.digest}`)).arrayBuffer());
      expect(bytes.length).toBe(blob.size);
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(blob.digest);
      if (blob !== config) files.push(gunzipSync(bytes).toString('latin1'));
    }

    expect(files.join('')).toContain('Hello from hello-world:latest on linux/amd64.');
  });

  test('is served in the requested range', async () => {
    const { layers } = await manifestOf('/v2/hello-world/manifests/latest');
    const path = `/v2/hello-world/blobs/${layers[0]?.digest}`;
    const size = layers[0]?.size ?? 0;
    const whole = Buffer.from(await (await call(path)).arrayBuffer());
    const cases: [string, number, number][] = [
      ['bytes=0-9', 0, 9],
      [`bytes=${size - 5}-`, size - 5, size - 1],
      ['bytes=-7', size - 7, size - 1],
      ['bytes=100-99999999', 100, size - 1],
    ];
    for (const [range, start, end] of cases) {
      const part = await call(path, { headers: { range } });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes ${start}-${end}/${size}`);
      expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(start, end + 1));
    }

    const beyond = await call(path, { headers: { range: `bytes=${size}-` } });

    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);

    const head = await call(path, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(size)]);
  });

  test('that does not exist is unknown', async () => {
    const missing = await call(`/v2/hello-world/blobs/sha256:${'0'.repeat(64)}`);
    expect(await errorOf(missing)).toMatchObject({ status: 404, code: 'BLOB_UNKNOWN' });
    expect(await errorOf(await call('/v2/hello-world/blobs/latest'))).toMatchObject({ code: 'DIGEST_INVALID' });
  });
});

test('a list is returned in pages with a link to the next one', async () => {
  const first = await call('/v2/samples/app/tags/list?n=2');

  expect(await first.json()).toMatchObject({ tags: ['v1', 'v1-multi'] });

  const next = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
  const second = await call(next);

  expect(await second.json()).toMatchObject({ tags: ['v1-oci', 'v2'] });
  expect(second.headers.get('link')).toBeNull();
});
