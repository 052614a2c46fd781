import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const identity = z.object({ clientId: z.string(), clientSecret: z.string(), objectId: z.string() });

const world = z.object({
  tenantId: z.string(),
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  registry: z.string(),
  loginServer: z.string(),
  connectedRegistry: z.string(),
  identities: z.object({ operator: identity, app: identity, device: identity }),
  topics: z.object({
    requests: z.object({ endpoint: z.string(), key: z.string() }),
    signals: z.object({ endpoint: z.string() }),
  }),
  vaultName: z.string(),
  furtherVaults: z.array(z.object({ name: z.string(), url: z.string() })),
  iotHub: z.object({ id: z.string(), name: z.string(), url: z.string(), hostName: z.string(), mqttPort: z.number() }),
});

/** The control plane's seeded ids, names and identities. */
export type World = z.infer<typeof world>;

/** Reads what the control plane wrote before it reported that it serves. */
export function readWorld(azureFolder: string): World {
  return world.parse(JSON.parse(readFileSync(join(azureFolder, 'world.json'), 'utf8')));
}

/** ARM id of the seeded registry. */
export function registryId(w: World): string {
  return `/subscriptions/${w.subscriptionId}/resourceGroups/${w.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${w.registry}`;
}

/** ARM id of an Event Grid custom topic in the same resource group. */
export function topicId(w: World, topic: string): string {
  return `/subscriptions/${w.subscriptionId}/resourceGroups/${w.resourceGroup}/providers/Microsoft.EventGrid/topics/${topic}`;
}

export function groupId(w: World): string {
  return `/subscriptions/${w.subscriptionId}/resourceGroups/${w.resourceGroup}`;
}

/** A vault: its address, and its ARM id. */
interface Vault {
  readonly url: string;
  readonly id: string;
}

/** All vaults, the first one first. @param azureUrl address of the control plane, which is the first vault's, too */
export function vaultsOf(w: World, azureUrl: string): readonly Vault[] {
  const further = w.furtherVaults.map(({ name, url }) => ({ url, id: vaultId({ ...w, vaultName: name }) }));
  return [{ url: azureUrl, id: vaultId(w) }, ...further];
}

/** The app's settings for these vaults, instead of those for the first. */
export function vaultSettings(vaults: readonly Vault[]): Readonly<Record<string, string>> {
  return {
    KEY_VAULT_URL: '',
    KEY_VAULT_URLS: vaults.map(({ url }) => url).join(','),
    KEY_VAULT_RESOURCE_ID: '',
    KEY_VAULT_RESOURCE_IDS: vaults.map(({ id }) => id).join(','),
  };
}

/** ARM id of the vault, in the same resource group. */
export function vaultId(w: World): string {
  return `${groupId(w)}/providers/Microsoft.KeyVault/vaults/${w.vaultName}`;
}
