import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommand } from '@connected-registry/agent/settings/command';
import { startAgent, type RunningAgent } from '@connected-registry/agent/startAgent';
import { signalSubject } from '@connected-registry/protocol/messages/signalEvent';
import type { Clock } from '@connected-registry/clock/clock';
import { deviceEnvironment } from '../stack/environments.js';
import { topicId } from '../stack/world.js';
import type { Cloud } from './cloud.js';
import type { Edges } from './edges.js';
import type { PlannedClient } from './fleet.js';
import { REFRESH_HOURS } from './yearSettings.js';

const HOUR = 3_600_000;
const PULL_CHECK_REQUESTED = 'ConnectedRegistry.PullCheckRequested';

export interface Surroundings {
  readonly cloud: Cloud;
  readonly edges: Edges;
  readonly appUrl: string;
  readonly clock: Clock;
  readonly folder: string;
  readonly log: (client: string, message: string, facts: unknown) => void;
}

/** A device: its agent, which can be down, and the file that its container engine always signs in with. */
export interface Device {
  readonly client: PlannedClient;
  readonly host: string;
  readonly configFile: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts an agent for each client, and subscribes it to the app's messages for that client; every third one only to
 * pull checks.
 */
export async function startYearDevices(around: Surroundings, clients: readonly PlannedClient[]): Promise<Device[]> {
  await mkdir(join(around.folder, 'devices'), { recursive: true });
  return Promise.all(clients.map((client) => startDevice(around, client)));
}

async function startDevice(
  { cloud, edges, appUrl, clock, folder, log }: Surroundings,
  client: PlannedClient,
): Promise<Device> {
  const { name, registry } = client;
  const host = edges.hostOf(registry.name);
  const configFile = join(folder, 'devices', `${name}.json`);
  const places = { azureUrl: cloud.url, functionsUrl: appUrl, edgeHost: host, clockUrl: '', caFile: '' };
  const environment = {
    ...deviceEnvironment(cloud.world, places),
    DOCKER_CONFIG_FILE: configFile,
    SECRETS: `${cloud.world.registry}/${registry.name}/${name}`,
    REFRESH_SECONDS: String(REFRESH_HOURS * 3600),
  };
  let agent: RunningAgent | undefined;
  const start = async (port: number): Promise<RunningAgent> => {
    const command = readCommand(['--port', String(port), '--clients', name], environment);
    if (command.kind !== 'serve') throw new Error('An agent without --once serves.');
    return startAgent(command.service, {
      clock: { now: () => clock.now(), setTimer: (at, run) => clock.setTimer(onTheHour(at, clock.now()), run) },
      log: (message, facts) => log(name, message, facts),
    });
  };
  agent = await start(0);
  const { port } = agent;
  await cloud.operator.subscribe({
    source: topicId(cloud.world, 'signals'),
    name,
    webhook: `http://localhost:${port}/events`,
    schema: 'CloudEventSchemaV1_0',
    subjectBeginsWith: signalSubject({
      registry: cloud.world.registry,
      connectedRegistry: registry.name,
      client: name,
    }),
    ...(client.hearsPromotions ? {} : { eventTypes: [PULL_CHECK_REQUESTED] }),
  });
  return {
    client,
    host,
    configFile,
    async start() {
      agent ??= await start(port);
    },
    async stop() {
      await agent?.stop();
      agent = undefined;
    },
  };
}

/** Rounds long waits up to the hour, so that a fleet's refreshes share the moments at which the simulation stops. */
function onTheHour(at: Date, now: Date): Date {
  return at.getTime() - now.getTime() < HOUR ? at : new Date(Math.floor(at.getTime() / HOUR) * HOUR);
}
