import type { Hub } from './hub.js';
import type { HubIdentity } from './hubState.js';
import { NEVER } from './twinBody.js';

/** An identity as the service API returns it, including keys (azure-rest-api-specs, iothub: Device, Module). */
export function hubIdentityBody(hub: Hub, identity: HubIdentity): Record<string, unknown> {
  const { deviceId, moduleId, generationId, etag, status, statusReason, authentication } = identity;
  const { type, symmetricKey, x509Thumbprint } = authentication;
  const shared = {
    deviceId,
    generationId,
    etag,
    connectionState: hub.connectionState(identity),
    connectionStateUpdatedTime: identity.connectionStateUpdatedTime ?? NEVER,
    lastActivityTime: identity.lastActivityTime ?? NEVER,
    cloudToDeviceMessageCount: 0,
    authentication: { symmetricKey, x509Thumbprint, type },
  };
  if (moduleId !== undefined) return { ...shared, moduleId, managedBy: null };
  return {
    ...shared,
    status,
    statusReason: statusReason ?? null,
    statusUpdatedTime: identity.statusUpdatedTime ?? NEVER,
    capabilities: { iotEdge: identity.iotEdge },
  };
}
