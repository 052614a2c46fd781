import type { DryRunAnswer, PlannedWrite } from '@connected-registry/protocol/answers/answers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { SCOPE_MAP_MARK } from '@connected-registry/protocol/names/names';
import {
  goneScopeMap,
  keptByName,
  keptToken,
  type OffboardingToken,
  type OffboardingPlan,
} from '../../domain/offboarding/offboardingPlan.js';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { inCommonWith, keptForOthers } from '../../domain/tokens/sharedToken.js';
import type { Ports } from '../../ports/ports.js';
import { clientPorts } from '../../ports/vaults.js';
import type { SecretVersionFacts } from '../../ports/secretVault.js';
import { isThere, readClientAccess, type ClientAccess, type ClientToken, type OtherTokens } from './clientAccess.js';
import { isBound } from '../registry/connectedRegistry.js';
import { readSharedAccess, type SharedAccess } from './sharedAccess.js';
import type { TokenUsers } from './tokenUsers.js';
import { sameName } from '@connected-registry/protocol/names/sameName';

/**
 * Reads everything that exists of a client, and decides what the offboarding removes. Writes nothing.
 * @throws ServiceError
 */
export function createOffboardingPlan(ports: Ports, tokenUsers: TokenUsers) {
  return async (
    reference: ClientReference,
    vaultHost: string | undefined,
    remembered?: OtherTokens,
  ): Promise<OffboardingPlan> => {
    const access = await readClientAccess(clientPorts(ports, vaultHost), reference, remembered);
    const tokens: OffboardingToken[] = [];
    for (const token of access.tokens)
      tokens.push(leaving(token, await readSharedAccess(tokenUsers, token, reference), reference, access));
    const maps = tokens.flatMap(({ isOurs, kept, scopeMap, restores }) => {
      if (kept) return [];
      return isOurs ? [scopeMap.toLowerCase()] : restores ? [restores.ours.toLowerCase()] : [];
    });
    const dangling = access.former.map(({ name }) => name).filter((name) => isBound(access.connectedRegistry, name));
    return {
      tokens,
      dangling: [...new Set(dangling)],
      scopeMaps: [...new Set([...maps, ...access.former.map(({ scopeMap }) => scopeMap)])],
      secrets: access.secrets.map(({ name, versions, isShared }) => ({
        name,
        enabled: versions.filter(({ isEnabled }) => isEnabled).length,
        ...lastRunIn(versions),
        isShared,
      })),
      claims: access.names,
      isThere: isThere(access, reference),
    };
  };
}

function lastRunIn(versions: readonly SecretVersionFacts[]): { readonly lastRun?: string } {
  const runs = versions.flatMap(({ tags }) => {
    const facts = parseTags(tags);
    return facts ? [facts.issued.run] : [];
  });
  const lastRun = runs.toSorted().at(-1);
  return lastRun === undefined ? {} : { lastRun };
}

/** Decides what happens to a token. @param shared other clients that use it. */
function leaving(
  token: ClientToken,
  shared: SharedAccess | undefined,
  { connectedRegistry }: ClientReference,
  access: ClientAccess,
): OffboardingToken {
  const { name, scopeMap, createdAt, isEnabled, isOurs, byNameOnly, foundScopeMap, given } = token;
  const isOthers = (one: ClientReference) => sameName(one.connectedRegistry, connectedRegistry);
  const staysBound = byNameOnly !== undefined || shared?.users.some(isOthers) === true;
  const kept = [
    ...(byNameOnly ? [keptByName(name)] : []),
    ...(shared ? [keptForOthers(name, shared.users)] : []),
    ...(shared && shared.inCommon.length > 0 ? [inCommonWith(name, shared.users)] : []),
  ];
  const moved = foundScopeMap !== undefined && !sameName(foundScopeMap, scopeMap);
  // Somebody has given the token another scope map since: that one stays.
  const restores = moved && given.includes(scopeMap.toLowerCase()) && !isOurs && kept.length === 0;
  return {
    name,
    scopeMap,
    ...(createdAt === undefined ? {} : { createdAt }),
    // Its status is unknown, so the plan disables it.
    isEnabled: isEnabled !== false,
    bound: !staysBound && isBound(access.connectedRegistry, name),
    isOurs,
    ourPasswords: shared ? shared.passwords : token.ourPasswords,
    ...(token.doubtful.length > 0 && !isOurs ? { doubtful: token.doubtful } : {}),
    ...(kept.length > 0 ? { kept } : {}),
    ...(restores ? { restores: { scopeMap: foundScopeMap, ours: scopeMap } } : {}),
  };
}

/** Lists what an offboarding would do, in order. Also reads which scope maps others use. @throws ServiceError */
export function createOffboardingDryRun(ports: Ports, tokenUsers: TokenUsers) {
  const plan = createOffboardingPlan(ports, tokenUsers);
  return async (
    reference: ClientReference,
    vaultHost: string | undefined,
    remembered?: OtherTokens,
  ): Promise<DryRunAnswer> => {
    const { registry, connectedRegistry, client } = reference;
    const { tokens, dangling, scopeMaps, secrets } = await plan(reference, vaultHost, remembered);
    const writes: PlannedWrite[] = [];
    const adopts: string[] = [];
    const write = (step: string, action: string, resource: string) => writes.push({ step, action, resource, client });

    for (const token of tokens) {
      if (token.bound) write('unbind', `remove client token ${token.name}`, connectedRegistry);
      if (token.isOurs && !token.kept) {
        if (token.isEnabled) write('deleteToken', 'disable token', token.name);
        write('deleteToken', 'delete token', token.name);
        continue;
      }
      if (token.ourPasswords.length > 0) write('clearPasswords', 'empty the slot of our password on token', token.name);
      const { restores } = token;
      if (restores && (await ports.controlPlane.getScopeMap(registry, restores.scopeMap)))
        write('restoreMap', `move token from scope map ${restores.ours} back to ${restores.scopeMap}`, token.name);
      else if (restores) adopts.push(goneScopeMap(token.name, restores));
      adopts.push(...(token.kept ?? [keptToken(token)]));
    }
    for (const name of dangling) write('unbind', `remove client token ${name}`, connectedRegistry);
    const leaving = tokens
      .filter(({ isOurs, kept, restores }) => (isOurs && !kept) || restores)
      .map(({ name }) => name.toLowerCase());
    for (const scopeMap of scopeMaps) {
      const found = await ports.controlPlane.getScopeMap(registry, scopeMap);
      if (!found) continue;
      const users = await ports.controlPlane.listTokensOf(registry, scopeMap);
      const others = users.filter((user) => !leaving.includes(user.toLowerCase())).length;
      if (found.description !== SCOPE_MAP_MARK) adopts.push(`scope map ${scopeMap}: it was not made by this app`);
      else if (others > 0) adopts.push(`scope map ${scopeMap}: ${others} other token(s) use it`);
      else write('removeScopeMap', 'delete scope map', scopeMap);
    }
    for (const { name, enabled, isShared } of secrets) {
      if (enabled > 0) write('retireSecret', `disable ${enabled} version(s) of secret`, name);
      if (isShared) adopts.push(`secret ${name}: it has versions that are not this client's`);
      else write('retireSecret', 'delete secret', name);
    }
    return { problems: [], writes, adopts };
  };
}
