import { join } from 'node:path';
import type { Identity } from './access/identities.js';
import { topicEndpoint } from './eventgrid/topics.js';
import type { Plane } from './plane.js';
import { CONNECTED_REGISTRY, REGISTRY, REQUEST_TOPIC, RESOURCE_GROUP, SIGNAL_TOPIC } from './seed.js';
import { writeJson } from './state/snapshot.js';

type Credentials = Omit<Identity, 'name'>;

/** What whoever uses the stand-in has to know of it. */
export interface World {
  tenantId: string;
  subscriptionId: string;
  resourceGroup: string;
  registry: string;
  loginServer: string;
  connectedRegistry: string;
  identities: Record<Identity['name'], Credentials>;
  topics: { requests: { endpoint: string; key: string }; signals: { endpoint: string } };
}

export function describeWorld(plane: Plane): World {
  const credentials = (name: Identity['name']): Credentials => {
    const identity = plane.identities.find((one) => one.name === name);
    if (!identity) throw new Error(`the data folder has no identity ${name}; start with --reset`);
    const { clientId, clientSecret, objectId } = identity;
    return { clientId, clientSecret, objectId };
  };
  return {
    tenantId: plane.arm.tenantId,
    subscriptionId: plane.arm.subscriptionId,
    resourceGroup: RESOURCE_GROUP,
    registry: REGISTRY,
    loginServer: `${REGISTRY}.azurecr.io`,
    connectedRegistry: CONNECTED_REGISTRY,
    identities: { operator: credentials('operator'), app: credentials('app'), device: credentials('device') },
    topics: {
      requests: {
        endpoint: topicEndpoint(plane, { name: REQUEST_TOPIC }),
        key: plane.broker.topic(REQUEST_TOPIC)?.keys[0] ?? '',
      },
      signals: { endpoint: topicEndpoint(plane, { name: SIGNAL_TOPIC }) },
    },
  };
}

/** Writes `world.json` into the data folder, for its owner's eyes only: it holds the identities' secrets. */
export async function writeWorld(plane: Plane, directory: string): Promise<void> {
  await writeJson(join(directory, 'world.json'), describeWorld(plane));
}
