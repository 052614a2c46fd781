import { z } from 'zod';
import type { VaultHosts } from '../domain/vaults/clientVault.js';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { list } from './settingKinds.js';

/** A vault of the settings. */
export interface VaultConfig {
  /** Its host in lower case: clients' records name the vault by it. With the port only if vaults share the host. */
  readonly host: string;
  readonly url: string;
  readonly verifyChallenge: boolean;
  /** Its id in Resource Manager, spelled as there. Absent: the app gives devices no access to the secrets in it. */
  readonly resourceId?: string;
}

/** Maximum vaults. Each is read by every listing, so that many more would make one slow. */
const MAX_VAULTS = 20;

/** Hosts of vaults in Azure and its sovereign clouds. */
const AZURE_VAULT_HOST = /^(?<name>[^.]+)\.vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net|microsoftazure\.de)$/;

const VAULT_ID =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w.()-]{1,90}\/providers\/Microsoft\.KeyVault\/vaults\/[a-zA-Z0-9-]{3,24}$/i;

const url = z.url({ protocol: /^https$/ }).transform((text) => text.replace(/\/+$/, ''));

const vaultUrl = z.string().transform((text, context) => {
  const parsed = url.safeParse(text);
  if (parsed.success) return parsed.data;
  context.addIssue('must be an https URL');
  return z.NEVER;
});

const vaultUrls = z.string().transform((text, context): readonly string[] => {
  const parsed = list(text).map((item) => url.safeParse(item).data);
  const urls = parsed.filter((item) => item !== undefined);
  if (urls.length === 0 || urls.length !== parsed.length || urls.length > MAX_VAULTS)
    context.addIssue(`must list 1 to ${MAX_VAULTS} https URLs, separated by commas`);
  else if (new Set(urls.map(hostOf)).size !== urls.length) context.addIssue('must not list two vaults of one host');
  else return urls;
  return z.NEVER;
});

const vaultId = z
  .string()
  .regex(
    VAULT_ID,
    'must be the resource id /subscriptions/.../resourceGroups/.../providers/Microsoft.KeyVault/vaults/NAME',
  );

const vaultIds = z
  .string()
  .transform(list)
  .refine(
    (ids) => ids.length > 0 && ids.every((id) => VAULT_ID.test(id)),
    'must list resource ids /subscriptions/.../resourceGroups/.../providers/Microsoft.KeyVault/vaults/NAME, separated by commas',
  );

/** The settings about vaults. One vault may be named alone, several are listed. */
export const vaultSettings = {
  KEY_VAULT_URL: vaultUrl.optional(),
  KEY_VAULT_URLS: vaultUrls.optional(),
  KEY_VAULT_RESOURCE_ID: vaultId.optional(),
  KEY_VAULT_RESOURCE_IDS: vaultIds.optional(),
};

interface VaultSettings extends z.infer<z.ZodObject<typeof vaultSettings>> {
  readonly KEY_VAULT_VERIFY_CHALLENGE: boolean;
}

/** The vaults that settings without disagreements list. */
export function vaultsOf(settings: VaultSettings): readonly [VaultConfig, ...VaultConfig[]] {
  const ids = idsOf(settings);
  const urls = urlsOf(settings);
  const vaults = urls.map((address, index): VaultConfig => {
    const resourceId = ids[index];
    return {
      host: recordedHostOf(address, urls),
      url: address,
      verifyChallenge: settings.KEY_VAULT_VERIFY_CHALLENGE,
      ...(resourceId === undefined ? {} : { resourceId }),
    };
  });
  // Settings without a vault have a disagreement, and the app does not start with it.
  return vaults as [VaultConfig, ...VaultConfig[]];
}

/** The hosts of the vaults in the config, in its order. */
export function vaultHosts({
  vaults: [first, ...others],
}: {
  readonly vaults: readonly [VaultConfig, ...VaultConfig[]];
}): VaultHosts {
  return [first.host, ...others.map(({ host }) => host)];
}

/**
 * The vault of this host, or the first for undefined (see InVault); undefined for one that the settings do not list.
 */
export function findVault(
  { vaults }: { readonly vaults: readonly [VaultConfig, ...VaultConfig[]] },
  vaultHost: string | undefined,
): VaultConfig | undefined {
  return vaultHost === undefined ? vaults[0] : vaults.find(({ host }) => host === vaultHost);
}

/** The problem of settings that name no vault, whatever else is wrong with them. */
export function missingVault(given: { readonly KEY_VAULT_URL?: unknown; readonly KEY_VAULT_URLS?: unknown }): string[] {
  return given.KEY_VAULT_URL === undefined && given.KEY_VAULT_URLS === undefined
    ? ['setting KEY_VAULT_URL is missing']
    : [];
}

/** The subscription of a vault's resource id, in lower case. */
export function subscriptionOfVault({ resourceId }: Pick<VaultConfig, 'resourceId'>): string | undefined {
  return resourceId?.split('/')[2]?.toLowerCase();
}

/** The subscriptions of the vaults whose resource ids the settings name, each once. */
export function subscriptionsOfVaults({
  vaults,
}: {
  readonly vaults: readonly Pick<VaultConfig, 'resourceId'>[];
}): readonly string[] {
  return [...new Set(vaults.map(subscriptionOfVault).filter((id) => id !== undefined))];
}

/** Problems of settings about vaults that are valid alone and not together. */
export function vaultDisagreements(settings: VaultSettings): string[] {
  const { KEY_VAULT_URL, KEY_VAULT_URLS, KEY_VAULT_RESOURCE_ID, KEY_VAULT_RESOURCE_IDS } = settings;
  const problems = missingVault(settings);
  if (KEY_VAULT_URL !== undefined && KEY_VAULT_URLS !== undefined)
    problems.push('setting KEY_VAULT_URL must be empty if KEY_VAULT_URLS is set, which then lists that vault first');
  if (KEY_VAULT_RESOURCE_ID !== undefined && KEY_VAULT_RESOURCE_IDS !== undefined)
    problems.push('setting KEY_VAULT_RESOURCE_ID must be empty if KEY_VAULT_RESOURCE_IDS is set');
  if (problems.length > 0) return problems;
  const hosts = urlsOf(settings).map(hostOf);
  const isAzure = hosts.some((host) => AZURE_VAULT_HOST.test(host.replace(/\.$/, '')));
  if (!settings.KEY_VAULT_VERIFY_CHALLENGE && isAzure)
    problems.push(
      `setting KEY_VAULT_VERIFY_CHALLENGE must not be false for a vault in Azure (${KEY_VAULT_URL === undefined ? 'KEY_VAULT_URLS' : 'KEY_VAULT_URL'})`,
    );
  return [...problems, ...idDisagreements(settings, hosts)];
}

/**
 * Each vault's id must be that vault's: a right on another vault's secret would be given, and the device could not read
 * its own.
 */
function idDisagreements(settings: VaultSettings, hosts: readonly string[]): string[] {
  const ids = idsOf(settings);
  if (ids.length === 0) return [];
  const name = settings.KEY_VAULT_RESOURCE_IDS === undefined ? 'KEY_VAULT_RESOURCE_ID' : 'KEY_VAULT_RESOURCE_IDS';
  if (ids.length !== hosts.length)
    return [`setting ${name} must have as many resource ids as there are vaults, in their order`];
  const agrees = hosts.every((host, index) => {
    const inUrl = AZURE_VAULT_HOST.exec(host.replace(/\.$/, ''))?.groups?.['name'];
    return inUrl === undefined || sameName(ids[index]?.split('/').at(-1), inUrl);
  });
  return agrees ? [] : [`setting ${name} must name the vaults of the URLs, in their order`];
}

function urlsOf({ KEY_VAULT_URL, KEY_VAULT_URLS = [] }: VaultSettings): readonly string[] {
  return KEY_VAULT_URL === undefined ? KEY_VAULT_URLS : [KEY_VAULT_URL];
}

function idsOf({ KEY_VAULT_RESOURCE_ID, KEY_VAULT_RESOURCE_IDS = [] }: VaultSettings): readonly string[] {
  return KEY_VAULT_RESOURCE_ID === undefined ? KEY_VAULT_RESOURCE_IDS : [KEY_VAULT_RESOURCE_ID];
}

/** Only stand-ins of vaults have ports, and may have another one at each start: their secrets stay where they are. */
function recordedHostOf(address: string, urls: readonly string[]): string {
  const { hostname } = new URL(address);
  const sharesHost = urls.filter((one) => new URL(one).hostname === hostname).length > 1;
  return sharesHost ? hostOf(address) : hostname.toLowerCase();
}

function hostOf(address: string): string {
  return new URL(address).host.toLowerCase();
}
