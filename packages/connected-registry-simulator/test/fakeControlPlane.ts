import { createHash, randomBytes } from 'node:crypto';
import type { Snapshot } from '../src/sync/snapshot.js';
import { startPlainServer, type PlainServer } from '../../../test/shared/plainServer.js';

export const SYNC_TOKEN = { name: 'sync-token', password: 'sync-password' };

/** The part of a control plane that an edge uses: a sync endpoint whose answer the test sets. */
export interface FakeControlPlane extends PlainServer {
  state: Snapshot;
  /** If set, it answers with this status instead of the state. */
  refuseWith: number | undefined;
  syncs: { path: string; authorization: string | undefined; body: unknown }[];
}

/** The slot of a password in a sync. */
export function slot(name: 'password1' | 'password2', password: string, expiry?: string) {
  const salt = randomBytes(16).toString('base64');
  const hash = createHash('sha256')
    .update(salt + password)
    .digest('base64');
  return { name, salt, hash, ...(expiry !== undefined && { expiry }) };
}

export async function startFakeControlPlane(state: Partial<Snapshot> = {}): Promise<FakeControlPlane> {
  const server = await startPlainServer((request, response, body) => {
    const { authorization } = request.headers;
    plane.syncs.push({ path: request.url ?? '', authorization, body: JSON.parse(body) });
    response.statusCode = plane.refuseWith ?? 200;
    response.end(plane.refuseWith === undefined ? JSON.stringify(plane.state) : '{}');
  });
  const plane: FakeControlPlane = {
    ...server,
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
  };
  return plane;
}
