import { z } from 'zod';

/** Azure Resource Manager has written a resource. Source: Azure docs, event-grid/event-schema-resource-groups. */
export const RESOURCE_WRITTEN = 'Microsoft.Resources.ResourceWriteSuccess';

/** It has deleted one. */
export const RESOURCE_DELETED = 'Microsoft.Resources.ResourceDeleteSuccess';

const CONNECTED_REGISTRY_DELETION = 'microsoft.containerregistry/registries/connectedregistries/delete';
const CONNECTED_REGISTRY_WRITE = 'microsoft.containerregistry/registries/connectedregistries/write';

/** Its data, as far as it is looked at. `claims` tells of persons: it is compared, and goes nowhere. */
export const resourceEventData = z.looseObject({
  operationName: z.string(),
  resourceUri: z.string().nullish(),
  claims: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  httpRequest: z.looseObject({ method: z.string().nullish() }).nullish().catch(undefined),
});
export type ResourceEventData = z.infer<typeof resourceEventData>;

export function isConnectedRegistryWrite({ operationName }: ResourceEventData): boolean {
  return operationName.toLowerCase() === CONNECTED_REGISTRY_WRITE;
}

export function isConnectedRegistryDeletion({ operationName }: ResourceEventData): boolean {
  return operationName.toLowerCase() === CONNECTED_REGISTRY_DELETION;
}

/** A change of an existing resource, which a PATCH always is. */
export function isPatch({ httpRequest }: ResourceEventData): boolean {
  return httpRequest?.method?.toUpperCase() === 'PATCH';
}

/** Claims that name who wrote: the application, and its or a person's object. */
const WRITER = ['appid', 'azp', 'oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'];

/** Whether one of these identities wrote it. @param names application and object ids, in lower case. */
export function isWrittenBy({ claims }: ResourceEventData, names: readonly string[]): boolean {
  return WRITER.map((claim) => claims?.[claim]).some(
    (value) => typeof value === 'string' && value !== '' && names.includes(value.toLowerCase()),
  );
}

const CONNECTED_REGISTRY_ID =
  /^\/subscriptions\/(?<subscriptionId>[^/]+)\/resourceGroups\/(?<resourceGroup>[^/]+)\/providers\/Microsoft\.ContainerRegistry\/registries\/(?<registry>[^/]+)\/connectedRegistries\/(?<name>[a-zA-Z0-9]{5,50})$/i;

export interface WrittenConnectedRegistry {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly registry: string;
  readonly name: string;
}

/** The connected registry that a resource id is of. */
export function parseConnectedRegistryId(id: string): WrittenConnectedRegistry | undefined {
  const { subscriptionId, resourceGroup, registry, name } = CONNECTED_REGISTRY_ID.exec(id)?.groups ?? {};
  return subscriptionId && resourceGroup && registry && name
    ? { subscriptionId, resourceGroup, registry, name }
    : undefined;
}
