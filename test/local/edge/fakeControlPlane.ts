import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Snapshot } from '../../../local/edge/sync/snapshot.js';

export const SYNC_TOKEN = { name: 'sync-token', password: 'sync-password' };

/** A control plane as far as the edge sees one: a sync endpoint whose answer the test sets. */
export interface FakeControlPlane {
  url: string;
  state: Snapshot;
  /** Answers with this status instead of the state, when set. */
  refuseWith: number | undefined;
  syncs: { path: string; authorization: string | undefined; body: unknown }[];
  close(): Promise<void>;
}

/** A slot as the sync carries it, for `password`. */
export function slot(name: 'password1' | 'password2', password: string, expiry?: string) {
  const salt = randomBytes(16).toString('base64');
  const hash = createHash('sha256')
    .update(salt + password)
    .digest('base64');
  return { name, salt, hash, ...(expiry !== undefined && { expiry }) };
}

export async function startFakeControlPlane(state: Partial<Snapshot> = {}): Promise<FakeControlPlane> {
  const plane: FakeControlPlane = {
    url: '',
    refuseWith: undefined,
    syncs: [],
    state: {
      generation: '1',
      connectedRegistry: {
        name: 'myconnectedregistry',
        mode: 'ReadOnly',
        schedule: '* * * * *',
        status: 'Active',
      },
      tokens: [],
      repositories: [],
      scopes: [],
      children: [],
      ...state,
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      plane.syncs.push({
        path: request.url ?? '',
        authorization: request.headers.authorization,
        body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
      });
      response.statusCode = plane.refuseWith ?? 200;
      response.end(plane.refuseWith === undefined ? JSON.stringify(plane.state) : '{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  plane.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return plane;
}
