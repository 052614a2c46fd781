import { join } from 'node:path';
import { appEnvironment, commonEnvironment, deviceEnvironment, type Places } from './environments.js';
import { compiled, projectRoot } from '@connected-registry/clock/files/projectRoot';
import type { ProcessPlan } from './supervisedProcess.js';
import type { World } from './world.js';

/** The child processes of the launcher, in the order in which they are needed. */
export const PROCESS_NAMES = ['azure', 'edge', 'host', 'device'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

/** Ports that the processes listen on. */
export type Ports = Record<ProcessName, number>;

/** The log file of a process in the data folder. */
export function logFile(dataFolder: string, name: ProcessName): string {
  return join(dataFolder, name, 'log');
}

/** What all plans are based on. */
export interface Ground {
  dataFolder: string;
  ports: Ports;
  places: Places;
}

/** @param azurePace whether writes take as long as recorded with Azure */
export function azurePlan({ dataFolder, ports, places }: Ground, azurePace = false): ProcessPlan {
  return {
    name: 'azure',
    script: compiled('azure-simulator/main.js'),
    args: [
      ...flags({
        port: ports.azure,
        'mqtt-port': places.hubPort ?? 0,
        ...(places.vaultPorts?.length ? { 'vault-ports': places.vaultPorts.join(',') } : {}),
        data: join(dataFolder, 'azure'),
        'edge-host': places.edgeHost,
        'tls-dir': tlsFolder(dataFolder),
      }),
      ...(azurePace ? ['--azure-pace'] : []),
    ],
    env: commonEnvironment(places),
    ready: /^AZURE READY (\S+)$/,
    logFile: logFile(dataFolder, 'azure'),
  };
}

/** @param syncToken the connected registry's own credential, as its activation would provide it */
export function edgePlan(
  { dataFolder, ports, places }: Ground,
  world: World,
  syncToken: { name: string; password: string },
  syncSeconds: number,
): ProcessPlan {
  return {
    name: 'edge',
    script: compiled('connected-registry-simulator/main.js'),
    args: flags({
      port: ports.edge,
      data: join(dataFolder, 'edge'),
      'control-plane': places.azureUrl,
      registry: world.registry,
      'connected-registry': world.connectedRegistry,
      'sync-seconds': syncSeconds,
    }),
    env: {
      ...commonEnvironment(places),
      SYNC_TOKEN_NAME: syncToken.name,
      SYNC_TOKEN_PASSWORD: syncToken.password,
    },
    ready: /^EDGE READY (\S+)$/,
    logFile: logFile(dataFolder, 'edge'),
  };
}

/**
 * With no limit, a process on a machine with much memory lets its heap grow to four times what is in use before it
 * collects. With this one it is less than twice, and a fleet of 10,000 still has several times what it needs.
 */
const HEAP_LIMIT = '--max-old-space-size=1024';

/**
 * @param settings override or add settings of the app
 * @param app folder of the compiled app, this project's own or an unpacked package
 */
export function hostPlan(
  { dataFolder, ports, places }: Ground,
  world: World,
  reportKeys: string,
  syncSeconds: number,
  settings: Readonly<Record<string, string>>,
  app = projectRoot(),
): ProcessPlan {
  return {
    name: 'host',
    script: compiled('functions-host/main.js'),
    args: flags({ app, port: ports.host, data: join(dataFolder, 'host') }),
    nodeFlags: [HEAP_LIMIT],
    env: { ...commonEnvironment(places), ...appEnvironment(world, places, reportKeys, syncSeconds), ...settings },
    ready: /^HOST READY (\S+)$/,
    logFile: logFile(dataFolder, 'host'),
  };
}

/** @param settings override or add settings of the agent */
export function devicePlan(
  { dataFolder, ports, places }: Ground,
  world: World,
  settings: Readonly<Record<string, string>> = {},
): ProcessPlan {
  return {
    name: 'device',
    script: compiled('local-stack/device/main.js'),
    args: flags({ port: ports.device }),
    env: { ...commonEnvironment(places), ...deviceEnvironment(world, places), ...settings },
    ready: /^DEVICE READY (\S+)$/,
    logFile: logFile(dataFolder, 'device'),
  };
}

/** Folder of the CA and the control plane's certificate. */
export function tlsFolder(dataFolder: string): string {
  return join(dataFolder, 'tls');
}

function flags(values: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
}
