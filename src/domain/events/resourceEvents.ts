import { z } from 'zod';

/** Type of the event after ARM wrote a resource. Source: Azure docs, event-grid/event-schema-resource-groups. */
export const RESOURCE_WRITTEN = 'Microsoft.Resources.ResourceWriteSuccess';

/** Type of the event after ARM deleted a resource. */
export const RESOURCE_DELETED = 'Microsoft.Resources.ResourceDeleteSuccess';

const CONNECTED_REGISTRY_DELETION = 'microsoft.containerregistry/registries/connectedregistries/delete';
const CONNECTED_REGISTRY_WRITE = 'microsoft.containerregistry/registries/connectedregistries/write';

/**
 * The fields of the event's data that the app uses. `claims` holds personal data: it is compared, never stored or
 * logged.
 */
export const resourceEventData = z.looseObject({
  operationName: z.string(),
  resourceUri: z.string().nullish(),
  claims: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  httpRequest: z.looseObject({ method: z.string().nullish() }).nullish().catch(undefined),
});
export type ResourceEventData = z.infer<typeof resourceEventData>;

/** Whether the event reports a write of a connected registry. */
export function isConnectedRegistryWrite({ operationName }: ResourceEventData): boolean {
  return operationName.toLowerCase() === CONNECTED_REGISTRY_WRITE;
}

/** Whether the event reports the deletion of a connected registry. */
export function isConnectedRegistryDeletion({ operationName }: ResourceEventData): boolean {
  return operationName.toLowerCase() === CONNECTED_REGISTRY_DELETION;
}

/** Whether the write was a PATCH, which always changes an existing resource. */
export function isPatch({ httpRequest }: ResourceEventData): boolean {
  return httpRequest?.method?.toUpperCase() === 'PATCH';
}

/** Claims that identify the writer: the application id, and the object id of the application or person. */
const WRITER = ['appid', 'azp', 'oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'];

/** Whether one of these identities wrote the resource. @param names application and object ids, in lower case. */
export function isWrittenBy({ claims }: ResourceEventData, names: readonly string[]): boolean {
  return WRITER.map((claim) => claims?.[claim]).some(
    (value) => typeof value === 'string' && value !== '' && names.includes(value.toLowerCase()),
  );
}

const CONNECTED_REGISTRY_ID =
  /^\/subscriptions\/(?<subscriptionId>[^/]+)\/resourceGroups\/(?<resourceGroup>[^/]+)\/providers\/Microsoft\.ContainerRegistry\/registries\/(?<registry>[^/]+)\/connectedRegistries\/(?<name>[a-zA-Z0-9]{5,50})$/i;

interface WrittenConnectedRegistry {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly registry: string;
  readonly name: string;
}

/** Parses the resource id of a connected registry; undefined for any other id. */
export function parseConnectedRegistryId(id: string): WrittenConnectedRegistry | undefined {
  const { subscriptionId, resourceGroup, registry, name } = CONNECTED_REGISTRY_ID.exec(id)?.groups ?? {};
  return subscriptionId && resourceGroup && registry && name
    ? { subscriptionId, resourceGroup, registry, name }
    : undefined;
}
