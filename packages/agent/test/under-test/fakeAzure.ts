import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';

/** As much of Entra and Key Vault as one secret read needs, over https with a CA of its own. */
export interface FakeAzure {
  url: string;
  caFile: string;
  /** Values by `name/version`. */
  secrets: Map<string, string>;
  requests: string[];
  close(): Promise<void>;
}

const TENANT = '11111111-1111-1111-1111-111111111111';
export const IDENTITY = {
  AZURE_TENANT_ID: TENANT,
  AZURE_CLIENT_ID: '22222222-2222-2222-2222-222222222222',
  AZURE_CLIENT_SECRET: 'client-secret-that-must-not-be-logged',
};

export async function startFakeAzure(certificates: string): Promise<FakeAzure> {
  const { caFile, certFile, keyFile } = await ensureCertificates(certificates);
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  const azure: FakeAzure = {
    url: '',
    caFile,
    secrets: new Map(),
    requests: [],
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  const server = createServer({ cert, key }, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', azure.url);
    azure.requests.push(`${request.method} ${pathname}`);
    const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    const authority = `${azure.url}/${TENANT}`;
    if (pathname.endsWith('/.well-known/openid-configuration')) {
      return json(200, {
        issuer: `${authority}/v2.0`,
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
      });
    }
    if (pathname.endsWith('/oauth2/v2.0/token')) {
      return json(200, { token_type: 'Bearer', expires_in: 3600, access_token: 'vault-access-token' });
    }
    if (request.headers.authorization !== 'Bearer vault-access-token') {
      const challenge = `Bearer authorization="${authority}", resource="https://vault.azure.net"`;
      return json(401, { error: { code: 'Unauthorized', message: 'no token' } }, { 'www-authenticate': challenge });
    }
    const [name = '', version = ''] = pathname.replace('/secrets/', '').split('/');
    const versions = [...azure.secrets.keys()].filter((key) => key.startsWith(`${name}/`));
    // Without a version the newest is meant.
    const id = version === '' ? (versions.at(-1) ?? '') : `${name}/${version}`;
    const created = 1_900_000_000 + versions.indexOf(id);
    const value = azure.secrets.get(id);
    return value === undefined
      ? json(404, { error: { code: 'SecretNotFound', message: 'no such secret' } })
      : json(200, { value, id: `${azure.url}/secrets/${id}`, attributes: { enabled: true, created } });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  azure.url = `https://localhost:${typeof address === 'object' && address ? address.port : 0}`;
  return azure;
}
