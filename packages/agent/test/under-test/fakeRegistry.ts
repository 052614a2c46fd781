import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** A request that reached the registry, as far as these tests look at it. */
export interface SeenRequest {
  path: string;
  authorization: string | undefined;
}

/** Answers a request instead of the registry; returns true when it did. */
type Override = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A small registry with one image, `app:latest`, that a test can make misbehave. */
export interface FakeRegistry {
  host: string;
  url: string;
  seen: SeenRequest[];
  manifest: Buffer;
  layer: Buffer;
  layerDigest: string;
  override: Override | undefined;
  close(): Promise<void>;
}

export const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function startFakeRegistry(tls?: { cert: Buffer; key: Buffer }): Promise<FakeRegistry> {
  const config = Buffer.from('{"architecture":"amd64","os":"linux"}');
  const layer = Buffer.alloc(200_000, 'layer');
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
          digest: digestOf(layer),
          size: layer.length,
        },
      ],
    }),
  );
  const contents = new Map<string, Buffer>([
    ['/v2/app/manifests/latest', manifest],
    [`/v2/app/manifests/${digestOf(manifest)}`, manifest],
    [`/v2/app/blobs/${digestOf(config)}`, config],
    [`/v2/app/blobs/${digestOf(layer)}`, layer],
  ]);

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', registry.url);
    registry.seen.push({ path: pathname, authorization: request.headers.authorization });
    if (registry.override?.(request, response)) return;
    if (pathname === '/token') {
      response.end('{"token":"fake-bearer-token"}');
    } else if (request.headers.authorization !== 'Bearer fake-bearer-token') {
      const challenge = `Bearer realm="${registry.url}/token",service="fake",scope="repository:app:pull"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    } else {
      const body = contents.get(pathname);
      response.writeHead(body ? 200 : 404).end(body);
    }
  }

  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const host = `localhost:${typeof address === 'object' && address ? address.port : 0}`;
  const registry: FakeRegistry = {
    host,
    url: `${tls ? 'https' : 'http'}://${host}`,
    seen: [],
    manifest,
    layer,
    layerDigest: digestOf(layer),
    override: undefined,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return registry;
}

/** A port on this machine that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
