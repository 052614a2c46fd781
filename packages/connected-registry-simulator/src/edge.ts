import { once } from 'node:events';
import { join } from 'node:path';
import { createBearerTokens } from './access/bearerTokens.js';
import type { EdgeClock } from './edgeClock.js';
import { createDescendantReports } from './gateway/descendants.js';
import { createImageLibrary, createImageSource } from './images/library.js';
import type { Log } from './log.js';
import { openPushedContent, withPushed } from './push/pushedContent.js';
import { createUploads } from './push/uploads.js';
import type { Serving } from './registry/exchange.js';
import { createRegistryServer } from './registry/server.js';
import { startSyncLoop } from './sync/loop.js';
import type { SyncSchedule } from './sync/schedule.js';
import { loadSnapshot, saveSnapshot } from './sync/snapshot.js';
import type { Snapshot } from './sync/snapshot.js';
import type { SyncSource } from './sync/source.js';
import { createUplink } from './sync/uplink.js';
import type { Uplink } from './sync/uplink.js';

export interface EdgeOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  port: number;
  /** The folder for synced and pushed content, which is kept between runs. */
  directory: string;
  /** Name of the cloud registry. */
  registry: string;
  source: SyncSource;
  schedule: SyncSchedule;
  clock: EdgeClock;
  log: Log;
  /** Lifetime of an issued bearer token, in seconds. */
  tokenSeconds?: number;
}

/** A running connected registry. */
export interface Edge {
  port: number;
  /** Resolves after the first successful sync of this run, or immediately if no sync is due before the next window. */
  synced: Promise<void>;
  /** When the next sync is due; undefined while one is in progress. */
  nextSync(): Date | undefined;
  uplink: Uplink;
  close(): Promise<void>;
}

/**
 * Starts a connected registry. It serves what it last synced, also in an earlier run, and syncs on schedule.
 * @throws if the port is not available
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { clock, log, source, schedule, directory } = options;
  const stateFile = join(directory, 'synced-state.json');
  const imageOf = createImageSource();
  const known = await loadSnapshot(stateFile);
  const pushed = await openPushedContent(join(directory, 'pushed'));
  let saved = JSON.stringify(known);
  let serving = prepare(known);

  function prepare(state: Snapshot | undefined): Serving {
    return {
      mode: state?.connectedRegistry.mode ?? 'ReadOnly',
      images: withPushed(createImageLibrary(state?.repositories ?? [], imageOf), pushed),
      tokens: new Map(state?.tokens.map((token) => [token.name, token])),
      scopes: state?.scopes ?? [],
    };
  }

  const reports = createDescendantReports();
  const uplink = createUplink({
    source,
    clock,
    known,
    report: () => ({ pushed: pushed.unconfirmed(), descendants: reports.pending() }),
    reported: ({ descendants }) => reports.arrived(descendants ?? []),
    async apply(state) {
      const text = JSON.stringify(state);
      if (text !== saved) serving = prepare(state);
      await pushed.reconcile(state.repositories);
      if (text !== saved) await saveSnapshot(stateFile, state);
      saved = text;
    },
  });
  const server = createRegistryServer(
    {
      registry: {
        clock,
        bearerTokens: createBearerTokens(clock, options.tokenSeconds ?? 60),
        serving: () => serving,
        pushed,
        uploads: createUploads(),
      },
      gateway: { registry: options.registry, clock, children: () => uplink.state()?.children ?? [], reports },
      control: { uplink, nextSync: () => loop.nextDue(), failing: () => loop.failing() },
    },
    log,
  );
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;

  const loop = startSyncLoop({
    sync: (due) => uplink.sync(due),
    schedule,
    clock,
    log,
    plan: () => uplink.state()?.connectedRegistry,
  });
  return {
    port,
    synced: loop.first,
    nextSync: () => loop.nextDue(),
    uplink,
    async close() {
      loop.stop();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
