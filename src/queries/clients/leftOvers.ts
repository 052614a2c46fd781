import type { UnusedResource } from '@connected-registry/protocol/answers/clientAnswers';
import { MAX_UNUSED, type UnusedResources } from '../../domain/check/checkRun.js';
import { isDefaultTokenName, SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import { offlineWarnings } from '../../domain/schedules/offlineTime.js';
import type { RegistryControlPlane, ScopeMapFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import { eachOf } from '../eachOf.js';
import type { RegistryReader } from '../registry/registryReader.js';

/**
 * Finds unused resources that seem to be the app's: tokens without a secret, scope maps without a token. ARM does not record who
 * created a token, so a token counts by its default name or by a scope map with the app's mark. Both may be copies, so the
 * resource is only reported, with the reason. Reads only.
 *
 * @param isInUse whether a secret of the app names the token.
 * @throws ServiceError
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
  // The listing may be minutes old: an offboarding may have removed the resource since.
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
