import { join } from 'node:path';
import type { Clock } from '@connected-registry/clock/clock';
import { startEdge, type Edge } from '@connected-registry/connected-registry-simulator/edge';
import { bySchedule } from '@connected-registry/connected-registry-simulator/sync/schedule';
import { upstreamSource } from '@connected-registry/connected-registry-simulator/sync/source';
import type { Cloud } from './cloud.js';
import { REGISTRIES, type PlannedRegistry } from './fleet.js';

/** The running connected registries. */
export interface Edges {
  /** host:port of each. */
  readonly hosts: readonly string[];
  hostOf(name: string): string;
  /** Kills one and starts it again with its data on disk. */
  restart(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts each planned connected registry. All have synced when this resolves. */
export async function startEdges(cloud: Cloud, clock: Clock, folder: string): Promise<Edges> {
  const running = new Map<string, { edge: Edge; start: (port: number) => Promise<Edge> }>();
  const known = (name: string) => {
    const one = running.get(name);
    if (!one) throw new Error(`There is no connected registry ${name}.`);
    return one;
  };
  const hostOf = (name: string): string => `localhost:${known(name).edge.port}`;
  for (const planned of REGISTRIES) {
    const { name, parent } = planned;
    const password = await cloud.operator.generatePassword(name, 'password1');
    const above = parent === undefined ? undefined : known(parent).edge;
    // A child registry can get new content only after its parent has it.
    await above?.uplink.sync();
    const url = parent === undefined ? cloud.url : `http://${hostOf(parent)}`;
    const start = (port: number): Promise<Edge> => startOne(planned, { cloud, clock, folder, url, password, port });
    const edge = await start(0);
    running.set(name, { edge, start });
    await edge.synced;
    // Its activation is reported through its parent.
    await above?.uplink.sync();
  }
  return {
    hosts: [...running.keys()].map(hostOf),
    hostOf,
    async restart(name) {
      const { edge, start } = known(name);
      const { offline } = edge.uplink;
      await edge.close();
      const again = await start(edge.port);
      again.uplink.offline = offline;
      running.set(name, { edge: again, start });
    },
    async stop() {
      for (const { edge } of running.values()) await edge.close();
    },
  };
}

interface Place {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly folder: string;
  /** The address of its upstream. */
  readonly url: string;
  readonly password: string;
  readonly port: number;
}

function startOne({ name }: PlannedRegistry, { cloud, clock, folder, url, password, port }: Place): Promise<Edge> {
  const { registry } = cloud.world;
  return startEdge({
    port,
    directory: join(folder, 'edges', name),
    registry,
    source: upstreamSource({ url, registry, connectedRegistry: name, syncToken: { name, password } }),
    schedule: bySchedule,
    clock: {
      now: () => clock.now(),
      setTimer(at, run) {
        // The clock does not need to stop for a sync that nothing waits for.
        const timer = clock.setTimer(at, run, { background: true });
        return () => timer.cancel();
      },
    },
    log: () => undefined,
  });
}
