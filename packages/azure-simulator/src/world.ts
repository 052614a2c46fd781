import { join } from 'node:path';
import type { Identity, IdentityName } from './access/identities.js';
import { hubId } from './arm/ids.js';
import { HUB_HOST } from './iothub/hub.js';
import { topicEndpoint } from './eventgrid/topics.js';
import type { Plane } from './plane.js';
import { CONNECTED_REGISTRY, REGISTRY, REQUEST_TOPIC, RESOURCE_GROUP, SIGNAL_TOPIC } from './seed.js';
import { writeJson } from './state/jsonFile.js';

type Credentials = Omit<Identity, 'name'>;

/** Addresses, names and identities that users of the simulator need. */
export interface World {
  tenantId: string;
  subscriptionId: string;
  resourceGroup: string;
  registry: string;
  loginServer: string;
  connectedRegistry: string;
  identities: Record<IdentityName, Credentials>;
  topics: { requests: { endpoint: string; key: string }; signals: { endpoint: string } };
  /**
   * `url` is the address of its service API; `hostName` is the name that devices sign for and have in their user names.
   */
  vaultName: string;
  /** Vaults beside that one; each has its own address. */
  furtherVaults: { name: string; url: string }[];
  iotHub: { id: string; name: string; url: string; hostName: string; mqttPort: number };
}

export function describeWorld(plane: Plane, furtherVaults: readonly { name: string; url: string }[] = []): World {
  const credentials = (name: IdentityName): Credentials => {
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
    vaultName: plane.arm.vaultName,
    furtherVaults: furtherVaults.map(({ name, url }) => ({ name, url })),
    iotHub: {
      id: hubId(plane.arm, plane.hub.state.name),
      name: plane.hub.state.name,
      url: `${plane.baseUrl}/iothub`,
      hostName: HUB_HOST,
      mqttPort: plane.hub.mqttPort,
    },
  };
}

/**
 * Writes `world.json` into the data folder, readable only by its owner, because it contains the identities' secrets.
 */
export async function writeWorld(
  plane: Plane,
  directory: string,
  furtherVaults: readonly { name: string; url: string }[],
): Promise<void> {
  await writeJson(join(directory, 'world.json'), describeWorld(plane, furtherVaults));
}
