import type { CONNECTION_STATES } from '@connected-registry/protocol/registry/armEnumerations';
import { silentTooLong } from '../../gateway/presence.js';
import type { Plane } from '../../plane.js';
import type { ConnectedRegistry, Registry } from '../../state/registryState.js';
import { connectedRegistryIdentityBody, showsSignIn } from './connectedRegistryIdentity.js';
import { childId } from '../ids.js';
import { armTime, systemDataBody } from '../timestamps.js';

export const TYPE = 'Microsoft.ContainerRegistry/registries/connectedRegistries';

/** Offline means disconnected (Azure/acr docs: connected-registry-error-codes). */
export function connectionState(plane: Plane, connected: ConnectedRegistry): (typeof CONNECTION_STATES)[number] {
  if (connected.activation === 'Inactive' || silentTooLong(connected, plane.clock.now())) return 'Offline';
  return connected.statusDetails.some((detail) => detail.type === 'Critical') ? 'Unhealthy' : 'Online';
}

/** The first api-version with garbage collection (azure-rest-api-specs, containerregistry). */
const SHOWS_GARBAGE_COLLECTION = '2024-11';

/**
 * The resource as ARM returns it. Recorded: empty lists are omitted, the login server is empty until the activation,
 * and only children of the cloud's registry have a gateway endpoint.
 *
 * @param version the api-version of the request
 */
export function connectedRegistryBody(
  plane: Plane,
  registry: Registry,
  connected: ConnectedRegistry,
  version: string,
): unknown {
  const id = childId(plane.arm, registry, 'connectedRegistries', connected.name);
  const optional = (name: string, value: string | undefined): Record<string, string> =>
    value === undefined ? {} : { [name]: value };
  return {
    type: TYPE,
    ...(showsSignIn(version) ? connectedRegistryIdentityBody(connected) : {}),
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
          ...optional('tokenId', connected.syncTokenId),
          schedule: connected.schedule,
          ...optional('syncWindow', connected.syncWindow),
          messageTtl: connected.messageTtl,
          ...optional('lastSyncTime', connected.lastSyncTime && armTime(connected.lastSyncTime)),
          ...optional('gatewayEndpoint', connected.parentId === undefined ? gatewayOf(registry) : undefined),
          ...(showsSignIn(version) ? { authType: connected.authType ?? 'SyncToken' } : {}),
        },
      },
      ...(connected.clientTokenIds.length > 0 ? { clientTokenIds: connected.clientTokenIds } : {}),
      loginServer:
        connected.loginServerHost === undefined
          ? { tls: { certificate: {} } }
          : { host: connected.loginServerHost, tls: { status: 'Disabled', certificate: { type: 'LocalDirectory' } } },
      logging: connected.logging,
      ...(connected.statusDetails.length > 0 ? { statusDetails: connected.statusDetails } : {}),
      ...(connected.notificationsList.length > 0 ? { notificationsList: connected.notificationsList } : {}),
      ...(version >= SHOWS_GARBAGE_COLLECTION ? { garbageCollection: connected.garbageCollection } : {}),
    },
  };
}

function gatewayOf({ name, location }: Registry): string {
  return `${name.toLowerCase()}.${location}.data.azurecr.io`;
}
