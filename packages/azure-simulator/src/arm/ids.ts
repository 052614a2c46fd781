import type { Registry } from '../state/registryState.js';
import type { ArmState } from '../state/armState.js';

export type ChildType = 'scopeMaps' | 'tokens' | 'connectedRegistries';
/** Children with the common routes. Requests never refer to a replication by its id. */
export type RoutedChild = ChildType | 'replications';

/** Route patterns. */
export const SUBSCRIPTION_PATH = '/subscriptions/{subscription}';
export const GROUP_PATH = `${SUBSCRIPTION_PATH}/resourceGroups/{group}`;
/** Any resource of a group, including types that are not simulated; its existence is not checked. */
export const RESOURCE_PATH = `${GROUP_PATH}/providers/{provider}/{type}/{resource}`;
export const REGISTRY_PATH = `${GROUP_PATH}/providers/Microsoft.ContainerRegistry/registries/{registry}`;

export function groupId(state: ArmState, group: string): string {
  return `/subscriptions/${state.subscriptionId}/resourceGroups/${group}`;
}

export function registryId(state: ArmState, registry: Pick<Registry, 'name' | 'resourceGroup'>): string {
  const group = groupId(state, registry.resourceGroup);
  return `${group}/providers/Microsoft.ContainerRegistry/registries/${registry.name}`;
}

export function childId(
  state: ArmState,
  registry: Pick<Registry, 'name' | 'resourceGroup'>,
  type: ChildType,
  name: string,
): string {
  return `${registryId(state, registry)}/${type}/${name}`;
}

export function vaultId(state: ArmState): string {
  const group = [...state.resourceGroups.values()][0]?.name ?? '';
  return `${groupId(state, group)}/providers/Microsoft.KeyVault/vaults/${state.vaultName}`;
}

export function topicId(state: ArmState, topic: { name: string; resourceGroup: string }): string {
  return `${groupId(state, topic.resourceGroup)}/providers/Microsoft.EventGrid/topics/${topic.name}`;
}

export function systemTopicId(state: ArmState, topic: { name: string; resourceGroup: string }): string {
  return `${groupId(state, topic.resourceGroup)}/providers/Microsoft.EventGrid/systemTopics/${topic.name}`;
}

export function hubId(state: ArmState, name: string): string {
  const group = [...state.resourceGroups.values()][0]?.name ?? '';
  return `${groupId(state, group)}/providers/Microsoft.Devices/IotHubs/${name}`;
}

/**
 * The name of the child resource that an id in a request refers to.
 *
 * @returns undefined if the id is not one of this registry and type
 */
export function childNameOf(state: ArmState, registry: Registry, type: ChildType, id: string): string | undefined {
  const prefix = `${registryId(state, registry)}/${type}/`;
  if (!id.toLowerCase().startsWith(prefix.toLowerCase())) return undefined;
  const name = id.slice(prefix.length);
  return name !== '' && !name.includes('/') ? name : undefined;
}
