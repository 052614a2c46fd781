import type { UnusedResource } from '@connected-registry/protocol/answers/clientAnswers';
import { MAX_UNUSED, type UnusedResources } from '../../domain/check/checkRun.js';
import { isDefaultTokenName, SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { offlineWarnings } from '../../domain/schedules/offlineTime.js';
import type { RegistryControlPlane, ScopeMapFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import { eachOf } from '../eachOf.js';
import type { RegistryReader } from '../registry/registryReader.js';

/**
 * What looks like ours in a registry and is used by nobody: tokens without a secret, scope maps without a token. Nothing
 * in ARM says who made a token, so it is taken for ours by a name of our making or by a scope map with our mark; both may
 * be somebody's copy, and so it is reported, with the reason, and left alone. Reads only. @throws ServiceError
 * @param isInUse whether a secret of ours names the token.
 */
export async function leftOvers(
  registry: string,
  isInUse: (registry: string, token: string) => boolean,
  reader: RegistryReader,
  controlPlane: RegistryControlPlane,
): Promise<UnusedResources> {
  const [connectedRegistries, tokens, scopeMaps] = await Promise.all([
    reader.connectedRegistries(registry),
    reader.tokens(registry, []),
    reader.scopeMaps(registry, []),
  ]);
  const now = new Date();
  const reserved = new Set(
    connectedRegistries.flatMap(({ name, syncToken }) => [name.toLowerCase(), (syncToken ?? name).toLowerCase()]),
  );
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
  // The listing may be some minutes old: what an offboarding has removed since is not left over.
  const shown = await eachOf(found.slice(0, MAX_UNUSED), async (item) => ((await isThere(item)) ? [item] : []));
  return {
    unused: shown.flat(),
    omittedUnused: Math.max(0, found.length - MAX_UNUSED),
    warnings: connectedRegistries.flatMap((facts) => offlineWarnings(registry, facts, now)),
  };

  async function isThere({ kind, name }: UnusedResource): Promise<boolean> {
    const facts = kind === 'token' ? controlPlane.getToken(registry, name) : controlPlane.getScopeMap(registry, name);
    return (await facts) !== undefined;
  }
}

/** A run that is under way has made it, perhaps, and not yet what uses it. In milliseconds. */
const YOUNG = 3600_000;

function isYoung({ createdAt }: { readonly createdAt?: string }, now: Date): boolean {
  return createdAt !== undefined && now.getTime() - new Date(createdAt).getTime() < YOUNG;
}

function whyOurs(token: TokenFacts, scopeMap: ScopeMapFacts | undefined): string | undefined {
  if (isDefaultTokenName(token.name)) return 'its name is of the form that we give, which anybody may copy';
  if (scopeMap?.description === SCOPE_MAP_MARK) return `its scope map ${scopeMap.name} carries our mark`;
  return undefined;
}
