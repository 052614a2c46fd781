import { mkdirSync, readFileSync } from 'node:fs';
import type { ControlPlaneOptions } from '@connected-registry/azure-simulator/controlPlane';
import { startClockServer } from '@connected-registry/clock/server';
import { ensureCertificates } from '@connected-registry/azure-simulator/tls/certificates';
import { settingsFor, startHere, type AppHost } from './appHost.js';
import { startCloud, type Cloud } from './cloud.js';
import { startYearDevices, type Device } from './devices.js';
import { startEdges, type Edges } from './edges.js';
import type { PlannedClient } from './fleet.js';
import { startApart, type KillableApp } from './killableApp.js';
import type { StandingTime } from './standingTime.js';

/** Everything that takes part in a year, running and connected over HTTP. */
export interface YearWorld {
  readonly cloud: Cloud;
  readonly edges: Edges;
  readonly app: AppHost;
  /** The same app, if it has its own process. */
  readonly killable: KillableApp | undefined;
  readonly devices: readonly Device[];
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly clients: readonly PlannedClient[];
  readonly folder: string;
  /** The folder of the certificates that this process was started to trust. */
  readonly tls: string;
  readonly settings: Readonly<Record<string, string>>;
  /** True if the app gets its own process, so that it can be killed. */
  readonly killable: boolean;
  readonly around: NonNullable<ControlPlaneOptions['around']>;
  readonly deviceLog: (client: string, message: string, facts: unknown) => void;
}

export async function startWorld(time: StandingTime, options: WorldOptions): Promise<YearWorld> {
  const { folder, around, deviceLog } = options;
  const { clock } = time;
  mkdirSync(folder, { recursive: true });
  const certificates = await ensureCertificates(options.tls);
  const { caFile } = certificates;
  const cloud = await startCloud({ folder, clock, ca: readFileSync(caFile, 'utf8'), tls: certificates, around });
  const edges = await startEdges(cloud, clock, folder);
  const settings = settingsFor(cloud, edges, options.settings);
  const clockServer = options.killable ? await startClockServer(time.time) : undefined;
  const killable = clockServer && (await startApart(settings, time, { clockUrl: clockServer.url, caFile, folder }));
  const app = killable ?? (await startHere(settings, clock, folder));
  const surroundings = { cloud, edges, appUrl: app.url, clock, folder, log: deviceLog };
  const devices = await startYearDevices(surroundings, options.clients);
  return {
    cloud,
    edges,
    app,
    killable,
    devices,
    async stop() {
      await Promise.all(devices.map((device) => device.stop()));
      await app.stop();
      await clockServer?.close();
      await edges.stop();
      await cloud.close();
    },
  };
}
