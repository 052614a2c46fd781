import { once } from 'node:events';
import { createBearerTokens } from './access/bearerTokens.js';
import type { Clock } from './clock.js';
import { createImageLibrary, createImageSource } from './images/library.js';
import type { Log } from './log.js';
import type { Serving } from './registry/exchange.js';
import { createRegistryServer } from './registry/server.js';
import { startSyncLoop } from './sync/loop.js';
import type { SyncSchedule } from './sync/schedule.js';
import { loadSnapshot, saveSnapshot } from './sync/snapshot.js';
import type { Snapshot } from './sync/snapshot.js';
import type { SyncSource } from './sync/source.js';

export interface EdgeOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  port: number;
  /** Keeps the last synced state between runs. */
  stateFile: string;
  source: SyncSource;
  schedule: SyncSchedule;
  clock: Clock;
  log: Log;
  /** How long an issued bearer token is valid, in seconds. */
  tokenSeconds?: number;
}

/** A connected registry that is up. */
export interface Edge {
  port: number;
  /** Settles after the first sync of this run that succeeded. */
  synced: Promise<void>;
  /** When the next sync is due; undefined while one is on its way. */
  nextSync(): Date | undefined;
  close(): Promise<void>;
}

/**
 * Starts a connected registry: it serves what it last synced, from an earlier run too, and syncs on schedule. Throws when
 * the port cannot be had.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { clock, log, source, schedule, stateFile } = options;
  const imageOf = createImageSource();
  const known = await loadSnapshot(stateFile);
  let saved = JSON.stringify(known);
  let serving = prepare(known);

  function prepare(state: Snapshot | undefined): Serving {
    return {
      mode: state?.connectedRegistry.mode ?? 'ReadOnly',
      images: createImageLibrary(state?.repositories ?? [], imageOf),
      tokens: new Map(state?.tokens.map((token) => [token.name, token])),
    };
  }

  const bearerTokens = createBearerTokens(clock, options.tokenSeconds ?? 60);
  const server = createRegistryServer({ clock, bearerTokens, serving: () => serving }, log);
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : options.port;

  const loop = startSyncLoop({
    source,
    schedule,
    clock,
    log,
    known,
    async apply(state) {
      const text = JSON.stringify(state);
      if (text === saved) return;
      serving = prepare(state);
      await saveSnapshot(stateFile, state);
      saved = text;
    },
  });
  return {
    port,
    synced: loop.first,
    nextSync: () => loop.nextDue(),
    async close() {
      loop.stop();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
