import type { CheckWarning, UnusedResource } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { MAX_UNUSED, type UnusedResources } from '../../domain/check/checkRun.js';
import { isDefaultTokenName, SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { syncTokenNames } from '../../domain/tokens/unmanagedTokens.js';
import { offlineWarnings } from '../../domain/schedules/offlineTime.js';
import type { RegistryControlPlane, ScopeMapFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import type { Runs } from '../../ports/runs.js';
import { eachOf } from '../eachOf.js';
import type { RegistryReader } from '../registry/registryReader.js';

/**
 * Finds unused resources that seem to be the app's: tokens without a secret, scope maps without a token. ARM does not
 * record who created a token, so a token counts by its default name or by a scope map with the app's mark. Both may be
 * copies, so the resource is only reported, with the reason. Reads only.
 *
 * @param isInUse whether a secret of the app names the token.
 * @param findUnlisted finds tokens whose secrets are out of sight: they are no left-overs, and are reported as
 * warnings.
 * @throws ServiceError
 */
export async function leftOvers(
  registry: string,
  isInUse: (registry: string, token: string) => boolean,
  reader: RegistryReader,
  controlPlane: RegistryControlPlane,
  findUnlisted: FindUnlisted,
): Promise<UnusedResources> {
  const [connectedRegistries, tokens, scopeMaps] = await Promise.all([
    reader.connectedRegistries(registry),
    reader.tokens(registry, []),
    reader.scopeMaps(registry, []),
  ]);
  const now = new Date();
  const reserved = syncTokenNames(connectedRegistries);
  const unusedTokens = [...tokens.values()].flatMap((token): UnusedResource[] => {
    if (reserved.has(token.name.toLowerCase()) || isYoung(token, now) || isInUse(registry, token.name)) return [];
    const reason = whyOurs(token, scopeMaps.get(token.scopeMap.toLowerCase()));
    return reason === undefined ? [] : [{ kind: 'token', registry, name: token.name, reason }];
  });
  const inUse = new Set([...tokens.values()].map(({ scopeMap }) => scopeMap.toLowerCase()));
  const unusedMaps = [...scopeMaps.values()]
    .filter((map) => map.description === SCOPE_MAP_MARK && !isYoung(map, now) && !inUse.has(map.name.toLowerCase()))
    .map(({ name }): UnusedResource => ({ kind: 'scopeMap', registry, name, reason: 'it carries our mark' }));
  const found = [...unusedTokens, ...unusedMaps];
  // The listing may be minutes old: an offboarding may have removed the resource since.
  const shown = await eachOf(found.slice(0, MAX_UNUSED), async (item): Promise<Shown> => {
    if (!(await isThere(item))) return {};
    const unlisted = item.kind === 'token' ? await findUnlisted(registry, item.name) : undefined;
    return unlisted ? { warning: unlistedWarning(item.name, unlisted) } : { item };
  });
  return {
    unused: shown.flatMap(({ item }) => (item ? [item] : [])),
    omittedUnused: Math.max(0, found.length - MAX_UNUSED),
    warnings: [
      ...connectedRegistries.flatMap((facts) => offlineWarnings(registry, facts, now)),
      ...shown.flatMap(({ warning }) => (warning ? [warning] : [])),
    ],
  };

  async function isThere({ kind, name }: UnusedResource): Promise<boolean> {
    const facts = kind === 'token' ? controlPlane.getToken(registry, name) : controlPlane.getScopeMap(registry, name);
    return (await facts) !== undefined;
  }
}

/** What is shown of a resource that seems to be unused. */
interface Shown {
  readonly item?: UnusedResource;
  readonly warning?: CheckWarning;
}

/** A client whose secrets are in a vault that the settings do not list. */
interface Unlisted {
  readonly client: ClientReference;
  /** Host of that vault. */
  readonly vault: string;
}

/** Finds the client that has claimed a token, if its secrets are in a vault that the settings do not list. */
export type FindUnlisted = (registry: string, token: string) => Promise<Unlisted | undefined>;

/** Creates the search by claims and records. @param hosts the vaults of the settings */
export function createFindUnlisted(
  runs: Pick<Runs, 'tokenOwner' | 'record'> | undefined,
  hosts: readonly string[],
): FindUnlisted {
  return async (registry, token) => {
    const client = await runs?.tokenOwner(registry, token);
    const vault = client && (await runs?.record(clientKey(client)))?.vault;
    return client === undefined || vault === undefined || hosts.includes(vault) ? undefined : { client, vault };
  };
}

function unlistedWarning(token: string, { client: reference, vault }: Unlisted): CheckWarning {
  const { registry, connectedRegistry, client } = reference;
  return {
    code: 'vault-not-configured',
    registry,
    connectedRegistry,
    message: `The client ${client} has the token ${token}, and its secrets are in the vault ${vault}, which the settings do not list.`,
    fix: `Add the vault ${vault} to the setting KEY_VAULT_URLS again.`,
  };
}

/** Minimum age of an unused resource, in milliseconds: a running operation may have created it and not used it yet. */
const YOUNG = 3600_000;

function isYoung({ createdAt }: { readonly createdAt?: string }, now: Date): boolean {
  return createdAt !== undefined && now.getTime() - new Date(createdAt).getTime() < YOUNG;
}

function whyOurs(token: TokenFacts, scopeMap: ScopeMapFacts | undefined): string | undefined {
  if (isDefaultTokenName(token.name)) return 'its name is of the form that we give, which anybody may copy';
  if (scopeMap?.description === SCOPE_MAP_MARK) return `its scope map ${scopeMap.name} carries our mark`;
  return undefined;
}
