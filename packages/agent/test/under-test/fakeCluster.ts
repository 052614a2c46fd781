import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { KubernetesSettings } from '../../src/consumers/kubernetesApi.js';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';

export interface SecretObject {
  apiVersion: string;
  kind: string;
  type: string;
  metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> };
  data?: Record<string, string>;
}

/** As much of a cluster's API as secrets need, with a service account's folder as a pod has it. */
export interface FakeCluster {
  settings: KubernetesSettings;
  /** By `namespace/name`. */
  secrets: Map<string, SecretObject>;
  requests: string[];
  /** The token that is good at this moment. */
  token: string;
  /** Runs before a write is looked at, as another writer would. */
  beforeNextWrite: (() => void) | undefined;
  /** A status that every call is answered with. */
  refuse: number | undefined;
  /** Replaces the token in the folder too. */
  renewToken(token: string): Promise<void>;
  close(): Promise<void>;
}

const PATH = /^\/api\/v1\/namespaces\/([^/]+)\/secrets(?:\/([^/]+))?$/;

export async function startFakeCluster(folder: string): Promise<FakeCluster> {
  const { caFile, certFile, keyFile } = await ensureCertificates(join(folder, 'cluster-tls'));
  const accountFolder = join(folder, 'serviceaccount');
  await mkdir(accountFolder);
  await writeFile(join(accountFolder, 'ca.crt'), await readFile(caFile));
  const server = createServer({ cert: await readFile(certFile), key: await readFile(keyFile) }, (request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const { method = 'GET', url = '/', headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    cluster.requests.push(`${method} ${url} ${headers['content-type'] ?? ''}`.trim());
    if (cluster.refuse !== undefined) return status(cluster.refuse);
    if (headers.authorization !== `Bearer ${cluster.token}`) return status(401);
    const [, namespace = '', name] = PATH.exec(url) ?? [];
    if (method !== 'GET') {
      cluster.beforeNextWrite?.();
      cluster.beforeNextWrite = undefined;
    }
    const sent = (chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'))) as SecretObject;
    const key = `${namespace}/${name ?? sent.metadata.name}`;
    const before = cluster.secrets.get(key);
    if (method === 'GET') return before ? { status: 200, body: before } : status(404);
    if (method === 'POST') {
      if (before) return status(409);
      const made = { ...sent, metadata: { ...sent.metadata, resourceVersion: '1' } };
      cluster.secrets.set(key, made);
      return { status: 201, body: made };
    }
    if (!before) return status(404);
    if (headers['content-type'] !== 'application/merge-patch+json') return status(415);
    if (sent.metadata.resourceVersion !== before.metadata.resourceVersion) return status(409);
    const changed: SecretObject = {
      ...before,
      ...(sent.data && { data: { ...before.data, ...sent.data } }),
      metadata: {
        ...before.metadata,
        annotations: { ...before.metadata.annotations, ...sent.metadata.annotations },
        resourceVersion: String(Number(before.metadata.resourceVersion) + 1),
      },
    };
    cluster.secrets.set(key, changed);
    return { status: 200, body: changed };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const cluster: FakeCluster = {
    settings: {
      url: `https://localhost:${typeof address === 'object' && address ? address.port : 0}`,
      accountFolder,
      timeout: 5_000,
    },
    secrets: new Map(),
    requests: [],
    token: '',
    beforeNextWrite: undefined,
    refuse: undefined,
    async renewToken(token) {
      cluster.token = token;
      await writeFile(join(accountFolder, 'token'), `${token}\n`);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  await cluster.renewToken('service-account-token');
  return cluster;
}

const status = (code: number) => ({ status: code, body: { kind: 'Status', status: 'Failure', code } });
