import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { Handshake } from './outside/handshake.js';
import type { EventSubscription } from './operator/operator.js';
import type { Stack } from './stack.js';
import { groupId, registryId, topicId, vaultId, type World } from './world.js';

/** A Functions host that is started by someone else. */
export interface ExternalHost {
  /**
   * JSON file with its keys, which may be written as late as its start. Without one the host requires no keys, like
   * Core Tools' `func start`.
   */
  keysFile?: string;
}

const hostKeys = z.object({ function: z.string().min(1), eventGrid: z.string().min(1) });
export type HostKeys = z.infer<typeof hostKeys>;

const NO_KEYS: HostKeys = { function: '', eventGrid: '' };

/**
 * The subscriptions of the app's functions, by the source of the events. For registries only writes of connected
 * registries.
 */
function sourcesOf(world: World): Record<string, Omit<EventSubscription, 'name' | 'webhook' | 'schema'>> {
  return {
    clientRequested: {
      source: topicId(world, 'requests'),
      eventTypes: ['ClientRequested', 'RevokeRequested', 'OffboardRequested'].map(
        (type) => `ConnectedRegistry.${type}`,
      ),
    },
    deviceChanged: {
      source: world.iotHub.id,
      eventTypes: ['Microsoft.Devices.DeviceCreated', 'Microsoft.Devices.DeviceDeleted'],
    },
    secretExpiring: {
      source: vaultId(world),
      eventTypes: ['Microsoft.KeyVault.SecretNearExpiry', 'Microsoft.KeyVault.SecretExpired'],
    },
    connectedRegistryWritten: {
      source: groupId(world),
      eventTypes: ['Microsoft.Resources.ResourceWriteSuccess'],
      subjectBeginsWith: `${registryId(world)}/connectedRegistries/`,
    },
  };
}

/** Milliseconds between two attempts while the host is not running. */
const POLL = 300;

/**
 * The keys in a host's file; undefined if the file is missing or incomplete.
 * @throws the system's error if the file cannot be read: waiting for its keys would not help
 */
export function readHostKeys(file: string): HostKeys | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return hostKeys.safeParse(parseJson(text)).data;
}

/** Delivers every source's events to the Event Grid extension's webhook, with the extension's system key. */
export function appSubscriptions(functionsUrl: string, keys: HostKeys, world: World): EventSubscription[] {
  const code = keys.eventGrid === '' ? '' : `&code=${encodeURIComponent(keys.eventGrid)}`;
  return Object.entries(sourcesOf(world)).map(([name, source]) => ({
    ...source,
    name,
    webhook: `${functionsUrl}/runtime/webhooks/EventGrid?functionName=${name}${code}`,
    schema: 'CloudEventSchemaV1_0',
  }));
}

/**
 * Waits for a host that is started by someone else: publishes its key once it is written, then repeats the handshake of
 * the subscription until the host answers.
 *
 * @throws if the stack is stopped first, the file with the keys cannot be read, or a subscription is refused for good
 */
export async function connectExternalHost(
  stack: Stack,
  { keysFile }: ExternalHost,
  report: (line: string) => void,
): Promise<void> {
  const { operator, world } = stack.controlPlane;
  const { functionsUrl } = stack.ground.places;
  const handshake = new Handshake((error) => report(`the functions host gets no events yet: ${String(error)}`));
  let published = stack.endpoints.functions.key;
  for (;;) {
    stack.stopping.throwIfAborted();
    const keys = keysFile === undefined ? NO_KEYS : readHostKeys(keysFile);
    if (keys) {
      if (keys.function !== published) stack.publish(keys.function);
      published = keys.function;
      if (await handshake.isAnswered(() => operator.subscribeAll(appSubscriptions(functionsUrl, keys, world)))) break;
    }
    await sleep(POLL, undefined, { signal: stack.stopping });
  }
  report(`events are delivered to the functions host at ${functionsUrl}`);
}
