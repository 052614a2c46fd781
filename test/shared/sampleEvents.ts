/*
 * Events as their services' documentation shows them, rewritten for the names of these tests. Sources: Azure docs,
 * event-grid/event-schema-iot-hub, event-schema-subscriptions, event-schema-key-vault, cloud-event-schema.
 */

const SUBSCRIPTION = '/subscriptions/8f4d2d1e-0001-4b7e-9c55-0d6a3f1c2b10';
const GROUP = `${SUBSCRIPTION}/resourceGroups/edge`;
export const REGISTRY_ID = `${GROUP}/providers/Microsoft.ContainerRegistry/registries/myregistry`;

export const SCHEMAS = ['EventGrid', 'CloudEvent'] as const;
export type Schema = (typeof SCHEMAS)[number];

interface Facts {
  readonly type: string;
  readonly topic: string;
  readonly subject: string;
  readonly data: object;
  readonly dataVersion?: string;
  readonly at?: string;
  readonly id?: string;
}

/** The same facts in either schema, as Event Grid delivers them. */
export function sampleEvent(schema: Schema, facts: Facts): Record<string, unknown> {
  const { type, topic, subject, data, dataVersion = '1', at = '2026-03-01T11:59:00.4383997Z' } = facts;
  const id = facts.id ?? '56afc886-767b-d359-d59e-0da7877166b2';
  return schema === 'EventGrid'
    ? { id, topic, subject, eventType: type, eventTime: at, data, dataVersion, metadataVersion: '1' }
    : { specversion: '1.0', id, source: topic, subject, type, time: at, data };
}

type Changes = Partial<Facts> & { readonly more?: Readonly<Record<string, unknown>> };

/** What a hub's event says of any device that is new. */
export const NEW_TWIN = {
  etag: 'AAAAAAAAAAE=',
  status: 'enabled',
  statusUpdateTime: '0001-01-01T00:00:00',
  connectionState: 'Disconnected',
  lastActivityTime: '0001-01-01T00:00:00',
  cloudToDeviceMessageCount: 0,
  authenticationType: 'sas',
  x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
  version: 2,
};

/** A hub tells of a device. The documented twin has neither tags nor capabilities. */
export function deviceEvent(what: 'Created' | 'Deleted', deviceId: string, { more, ...changes }: Changes = {}): Facts {
  const properties = { $metadata: { $lastUpdated: '2026-03-01T11:59:00.4383997Z' }, $version: 1 };
  return {
    type: `Microsoft.Devices.Device${what}`,
    topic: `${GROUP}/providers/Microsoft.Devices/IotHubs/plant-hub`.toUpperCase(),
    subject: `devices/${deviceId}`,
    data: {
      twin: {
        deviceId,
        deviceEtag: 'null',
        ...NEW_TWIN,
        properties: { desired: properties, reported: properties },
      },
      hubName: 'plant-hub',
      deviceId,
      ...more,
    },
    ...changes,
  };
}

/** Resource Manager tells of a written connected registry; `httpRequest` comes with changes of one that was there. */
export function writtenEvent(name: string, { more, ...changes }: Changes = {}): Facts {
  const id = `${REGISTRY_ID}/connectedRegistries/${name}`;
  const operation = 'Microsoft.ContainerRegistry/registries/connectedRegistries/write';
  return {
    type: 'Microsoft.Resources.ResourceWriteSuccess',
    topic: SUBSCRIPTION,
    subject: id,
    dataVersion: '2',
    data: {
      authorization: { scope: id, action: operation, evidence: { role: 'Subscription Admin' } },
      claims: {
        aud: 'https://management.core.windows.net/',
        appid: '5a8d0e7e-1f5a-4a8f-9a55-6f4f0c9d1a01',
        appidacr: '2',
        'http://schemas.microsoft.com/identity/claims/objectidentifier': '0c5c7a52-2d5d-4a8b-8f20-1c64b8f7f102',
        'http://schemas.microsoft.com/identity/claims/tenantid': '7c1f2f7e-33e4-4a2c-9d3c-2f3a51b0e103',
        name: 'A Person',
        ver: '1.0',
      },
      correlationId: '9c4d7b40-5e4d-4c37-9c9b-2c2f6b6f4d04',
      resourceProvider: 'Microsoft.ContainerRegistry',
      resourceUri: id,
      operationName: operation,
      status: 'Succeeded',
      subscriptionId: '8f4d2d1e-0001-4b7e-9c55-0d6a3f1c2b10',
      tenantId: '7c1f2f7e-33e4-4a2c-9d3c-2f3a51b0e103',
      ...more,
    },
    ...changes,
  };
}

/** Resource Manager tells that a connected registry was deleted. */
export function deletedEvent(name: string, changes: Changes = {}): Facts {
  const operationName = 'Microsoft.ContainerRegistry/registries/connectedRegistries/delete';
  const type = 'Microsoft.Resources.ResourceDeleteSuccess';
  return writtenEvent(name, { type, ...changes, more: { operationName, ...changes.more } });
}

/** A vault tells of a secret. The documented sample has a space in one name and in the version, and times as texts. */
export function secretEvent(
  what: 'SecretNearExpiry' | 'SecretExpired',
  name: string,
  version: string,
  { more, ...changes }: Changes = {},
): Facts {
  return {
    type: `Microsoft.KeyVault.${what}`,
    topic: `${GROUP}/providers/Microsoft.KeyVault/vaults/edge-vault`,
    subject: name,
    data: {
      Id: `https://edge-vault.vault.azure.net/secrets/${name}/${version}`,
      VaultName: 'edge-vault',
      ObjectType: 'Secret',
      'ObjectName ': name,
      Version: ` ${version}`,
      NBF: '1559081980',
      EXP: '1559082102',
      ...more,
    },
    ...changes,
  };
}

/** What somebody publishes on the request topic. */
export function requestEvent(type: string, data: object, changes: Partial<Facts> = {}): Facts {
  const topic = `${GROUP}/providers/Microsoft.EventGrid/topics/requests`;
  return { type, topic, subject: 'clients/any', data, ...changes };
}
