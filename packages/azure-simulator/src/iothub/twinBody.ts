import type { Hub } from './hub.js';
import type { HubIdentity, JsonObject, TwinSection } from './hubState.js';

/** Stands for a time that has not occurred. */
export const NEVER = '0001-01-01T00:00:00Z';

/** A twin as the service API returns it (azure-rest-api-specs, iothub: Twin). */
export function twinBody(
  hub: Hub,
  identity: HubIdentity,
): {
  statusUpdateTime: string;
  lastActivityTime: string;
  tags: JsonObject;
  capabilities: unknown;
  modelId: string;
  [name: string]: unknown;
} {
  const { deviceId, moduleId, authentication, status, statusReason, twin } = identity;
  return {
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    etag: twinEtag(identity),
    deviceEtag: identity.etag,
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    statusUpdateTime: identity.statusUpdatedTime ?? NEVER,
    connectionState: hub.connectionState(identity),
    lastActivityTime: identity.lastActivityTime ?? NEVER,
    cloudToDeviceMessageCount: 0,
    authenticationType: authentication.type,
    x509Thumbprint: authentication.x509Thumbprint,
    modelId: '',
    version: twin.version,
    tags: twin.tags,
    properties: { desired: sectionBody(twin.desired), reported: sectionBody(twin.reported) },
    capabilities: { iotEdge: identity.iotEdge },
  };
}

/** The count as eight bytes in base64, as in the service's etags of twins. */
export function twinEtag({ twin }: Pick<HubIdentity, 'twin'>): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(twin.etag));
  return bytes.toString('base64');
}

function sectionBody({ values, metadata, version }: TwinSection): JsonObject {
  return { ...values, $metadata: metadata, $version: version };
}

/** A section as a device receives it: without metadata (Azure docs: iot-mqtt-connect-to-iot-hub). */
export function sectionForDevice({ values, version }: TwinSection): JsonObject {
  return { ...values, $version: version };
}
