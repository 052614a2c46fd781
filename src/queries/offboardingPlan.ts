import type { DryRunAnswer, PlannedWrite } from '../domain/answers.js';
import type { ClientReference } from '../domain/clientKey.js';
import type { LeftToken } from '../domain/leftToken.js';
import { SCOPE_MAP_MARK } from '../domain/names.js';
import { keptToken, type LeavingToken, type OffboardingPlan } from '../domain/offboardingPlan.js';
import type { Ports } from '../ports/ports.js';
import { readClientAccess } from './clientAccess.js';
import { isBound } from './connectedRegistry.js';

/**
 * Reads what is left of a client, and decides what of it is to go. Writes nothing.
 * @throws ServiceError
 */
export function createOffboardingPlan(ports: Ports) {
  return async (reference: ClientReference, left?: readonly LeftToken[]): Promise<OffboardingPlan> => {
    const access = await readClientAccess(ports, reference, left ? { left } : {});
    const tokens = access.tokens.map(
      ({ name, scopeMap, createdAt, isEnabled, isOurs, ourPasswords }): LeavingToken => ({
        name,
        scopeMap,
        ...(createdAt === undefined ? {} : { createdAt }),
        // Of one that nobody can tell, disabling it is planned.
        isEnabled: isEnabled !== false,
        bound: isBound(access.connectedRegistry, name),
        isOurs,
        ourPasswords,
      }),
    );
    const maps = tokens.filter(({ isOurs }) => isOurs).map(({ scopeMap }) => scopeMap.toLowerCase());
    const dangling = access.former.map(({ name }) => name).filter((name) => isBound(access.connectedRegistry, name));
    return {
      tokens,
      dangling: [...new Set(dangling)],
      scopeMaps: [...new Set([...maps, ...access.former.map(({ scopeMap }) => scopeMap)])],
      secrets: access.secrets.map(({ name, versions, isShared }) => ({
        name,
        enabled: versions.filter(({ isEnabled }) => isEnabled).length,
        isShared,
      })),
    };
  };
}

/** What an offboarding would do, in order; asks besides which scope maps are of use to others. @throws ServiceError */
export function createOffboardingDryRun(ports: Ports) {
  const plan = createOffboardingPlan(ports);
  return async (reference: ClientReference, left?: readonly LeftToken[]): Promise<DryRunAnswer> => {
    const { registry, connectedRegistry, client } = reference;
    const { tokens, dangling, scopeMaps, secrets } = await plan(reference, left);
    const writes: PlannedWrite[] = [];
    const adopts: string[] = [];
    const write = (step: string, action: string, resource: string) => writes.push({ step, action, resource, client });

    for (const token of tokens) {
      if (token.bound) write('unbind', `remove client token ${token.name}`, connectedRegistry);
      if (token.isOurs) {
        if (token.isEnabled) write('deleteToken', 'disable token', token.name);
        write('deleteToken', 'delete token', token.name);
        continue;
      }
      if (token.ourPasswords.length > 0) write('clearPasswords', 'empty the slot of our password on token', token.name);
      adopts.push(keptToken(token.name));
    }
    for (const name of dangling) write('unbind', `remove client token ${name}`, connectedRegistry);
    const leaving = tokens.filter(({ isOurs }) => isOurs).map(({ name }) => name.toLowerCase());
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
