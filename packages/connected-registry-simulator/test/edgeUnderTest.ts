import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isThere, until } from '../../../test/shared/until.js';
import { startEdge } from '../src/edge.js';
import type { Edge } from '../src/edge.js';
import { everySeconds } from '../src/sync/schedule.js';
import type { SyncSchedule } from '../src/sync/schedule.js';
import { upstreamSource } from '../src/sync/source.js';
import type { Snapshot } from '../src/sync/snapshot.js';
import { SYNC_TOKEN, slot, startFakeControlPlane } from './fakeControlPlane.js';
import type { FakeControlPlane } from './fakeControlPlane.js';
import { createManualClock } from './manualClock.js';
import type { ManualClock } from './manualClock.js';

/** A connected registry over real sockets that syncs from a fake control plane, on a manual clock. */
export interface EdgeUnderTest {
  host: string;
  url: string;
  plane: FakeControlPlane;
  clock: ManualClock;
  log: string[];
  directory: string;
  /** Advances the clock by a minute and waits until the sync has ended. */
  sync(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const PULL_TOKEN = 'pull-only';
export const FULL_TOKEN = 'reads-all';
export const PASSWORDS = { one: 'first+pass/word=', two: 'second-password', full: 'full:with:colons' };

/** One token with two slots and content/read on one repository, and one that also reads everything under `samples/`. */
export const SYNCED: Partial<Snapshot> = {
  tokens: [
    {
      name: PULL_TOKEN,
      enabled: true,
      actions: ['repositories/hello-world/content/read'],
      passwords: [slot('password1', PASSWORDS.one), slot('password2', PASSWORDS.two)].map(withoutExpiry),
    },
    {
      name: FULL_TOKEN,
      enabled: true,
      actions: [
        'repositories/hello-world/content/read',
        'repositories/hello-world/metadata/read',
        'repositories/samples/*/content/read',
        'repositories/samples/*/metadata/read',
        'repositories/not-synced/content/read',
        'repositories/not-synced/metadata/read',
      ],
      passwords: [withoutExpiry(slot('password1', PASSWORDS.full))],
    },
  ],
  repositories: [
    { name: 'hello-world', tags: ['latest'] },
    { name: 'samples/app', tags: ['v2', 'v1', 'v1-oci', 'v1-multi'] },
    { name: 'other', tags: ['latest'] },
  ],
};

function withoutExpiry(entry: ReturnType<typeof slot>) {
  return { expiry: undefined, ...entry };
}

export async function startEdgeUnderTest(
  state: Partial<Snapshot> = SYNCED,
  schedule: SyncSchedule = everySeconds(60),
): Promise<EdgeUnderTest> {
  const plane = await startFakeControlPlane(structuredClone(state));
  const directory = await mkdtemp(join(tmpdir(), 'edge-'));
  const clock = createManualClock();
  const log: string[] = [];
  const start = () =>
    startEdge({
      port: 0,
      directory,
      registry: 'myregistry',
      source: upstreamSource({
        url: plane.url,
        registry: 'myregistry',
        connectedRegistry: 'myconnectedregistry',
        syncToken: SYNC_TOKEN,
      }),
      schedule,
      clock,
      log: (message, facts) => log.push(JSON.stringify({ message, ...facts })),
    });
  let edge: Edge = await start();
  const under: EdgeUnderTest = {
    host: `localhost:${edge.port}`,
    url: `http://localhost:${edge.port}`,
    plane,
    clock,
    log,
    directory,
    async sync() {
      await synced(edge);
      await clock.advance(60);
      await synced(edge);
    },
    async restart() {
      await edge.close();
      edge = await start();
      under.host = `localhost:${edge.port}`;
      under.url = `http://localhost:${edge.port}`;
      await synced(edge);
    },
    async close() {
      await edge.close();
      await plane.close();
      await rm(directory, { recursive: true, maxRetries: 5 });
    },
  };
  await synced(edge);
  return under;
}

async function synced(edge: Edge): Promise<void> {
  await until(() => edge.nextSync(), isThere, 'the connected registry has finished its sync', {
    seconds: 60,
    pause: 1,
  });
}
