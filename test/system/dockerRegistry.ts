import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, request as forward } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { startProgram } from './program.js';
import { ISSUER, SERVICE, createTokenServer } from './tokenServer.js';
import type { RegistryUser } from './tokenServer.js';

/**
 * Debian's docker-registry behind one front door that also has its token endpoint, as a connected registry has it
 * behind its proxy.
 */
export interface DockerRegistry {
  /** What clients call it: the front door. */
  host: string;
  /** The registry itself, which sends its clients to the front door for a token. */
  directHost: string;
  /** Authorization headers that came to the token endpoint. */
  tokenRequests: (string | undefined)[];
  close(): Promise<void>;
}

/** @param tls folder of the certificates to serve https with; plain http without */
export async function startDockerRegistry(
  folder: string,
  users: Record<string, RegistryUser>,
  tls: string | undefined,
): Promise<DockerRegistry> {
  await mkdir(folder, { recursive: true });
  const tokens = await createTokenServer(users);
  const tokenRequests: (string | undefined)[] = [];
  let directPort = 0;

  const listener: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '/', 'http://front.invalid');
    if (url.pathname === '/token') {
      tokenRequests.push(request.headers.authorization);
      void tokens.answer(request.headers.authorization, url.searchParams.getAll('scope')).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
      return;
    }
    const headers = { ...request.headers, 'x-forwarded-proto': tls === undefined ? 'http' : 'https' };
    const passed = forward(
      { host: '127.0.0.1', port: directPort, method: request.method, path: request.url, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  };
  const front = tls === undefined ? createHttpServer(listener) : createHttpsServer(await certificateOf(tls), listener);
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  const host = `localhost:${typeof address === 'object' && address ? address.port : 0}`;

  const bundle = join(folder, 'signers.pem');
  await writeFile(bundle, tokens.certificate);
  const config = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
    http: { addr: '127.0.0.1:0', secret: 'only-for-this-test' },
    auth: {
      token: {
        realm: `${tls === undefined ? 'http' : 'https'}://${host}/token`,
        service: SERVICE,
        issuer: ISSUER,
        rootcertbundle: bundle,
      },
    },
  };
  // JSON is YAML.
  const file = join(folder, 'config.yml');
  await writeFile(file, JSON.stringify(config));
  const service = startProgram('docker-registry', ['serve', file]);
  try {
    const [, port = ''] = await service.says(/listening on 127\.0\.0\.1:(\d+)/);
    directPort = Number(port);
  } catch (error) {
    front.close();
    await service.end();
    throw error;
  }
  return {
    host,
    directHost: `localhost:${directPort}`,
    tokenRequests,
    async close() {
      await service.end();
      front.close();
      front.closeAllConnections();
      await once(front, 'close');
    },
  };
}

async function certificateOf(folder: string): Promise<{ cert: Buffer; key: Buffer }> {
  const { certFile, keyFile } = await ensureCertificates(folder);
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  return { cert, key };
}
