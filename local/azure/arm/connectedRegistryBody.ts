import type { CONNECTION_STATES } from '../../../src/domain/armEnumerations.js';
import { silentTooLong } from '../gateway/presence.js';
import type { Plane } from '../plane.js';
import type { ConnectedRegistry, Registry } from '../state/registryState.js';
import { childId } from './ids.js';
import { armTime, systemDataBody } from './timestamps.js';

export const TYPE = 'Microsoft.ContainerRegistry/registries/connectedRegistries';

/** Offline means disconnected (Azure/acr docs: connected-registry-error-codes). */
export function connectionState(plane: Plane, connected: ConnectedRegistry): (typeof CONNECTION_STATES)[number] {
  if (connected.activation === 'Inactive' || silentTooLong(connected, plane.clock.now())) return 'Offline';
  return connected.statusDetails.some((detail) => detail.type === 'Critical') ? 'Unhealthy' : 'Online';
}

/** The resource as ARM gives it: no `clientTokenIds` when there are none (azure-cli test recordings). */
export function connectedRegistryBody(plane: Plane, registry: Registry, connected: ConnectedRegistry): unknown {
  const id = childId(plane.arm, registry, 'connectedRegistries', connected.name);
  const optional = (name: string, value: string | undefined): Record<string, string> =>
    value === undefined ? {} : { [name]: value };
  return {
    type: TYPE,
    id,
    name: connected.name,
    systemData: systemDataBody(connected.systemData),
    properties: {
      provisioningState: plane.operations.provisioningState(id),
      mode: connected.mode,
      ...optional('version', connected.version),
      connectionState: connectionState(plane, connected),
      ...optional('lastActivityTime', connected.lastActivityTime && armTime(connected.lastActivityTime)),
      activation: { status: connected.activation },
      parent: {
        ...optional('id', connected.parentId),
        syncProperties: {
          tokenId: connected.syncTokenId,
          schedule: connected.schedule,
          ...optional('syncWindow', connected.syncWindow),
          messageTtl: connected.messageTtl,
          ...optional('lastSyncTime', connected.lastSyncTime && armTime(connected.lastSyncTime)),
          gatewayEndpoint: `${registry.name.toLowerCase()}.${registry.location}.data.azurecr.io`,
        },
      },
      ...(connected.clientTokenIds.length > 0 ? { clientTokenIds: connected.clientTokenIds } : {}),
      loginServer: {
        ...optional('host', connected.loginServerHost),
        tls: { status: 'Disabled', certificate: { type: 'LocalDirectory' } },
      },
      logging: connected.logging,
      statusDetails: connected.statusDetails,
      ...(connected.notificationsList.length > 0 ? { notificationsList: connected.notificationsList } : {}),
      garbageCollection: connected.garbageCollection,
    },
  };
}
