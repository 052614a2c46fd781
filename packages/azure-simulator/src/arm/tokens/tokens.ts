import { sameName } from '@connected-registry/protocol/names/sameName';
import { z } from 'zod';
import { TOKEN_STATUSES } from '@connected-registry/protocol/registry/armEnumerations';
import { SLOT_NAMES } from '@connected-registry/protocol/registry/slots';
import { caseless } from '../../http/caseless.js';
import type { ApiReply } from '../../http/message.js';
import type { Call, Route } from '../../http/route.js';
import type { Plane } from '../../plane.js';
import { type Registry, type StoredPassword, type Token } from '../../state/registryState.js';
import { armBody, childRoutes, parentRegistryOf, registryOf, versionOf } from '../armRoute.js';
import { badRequest, conflict, resourceNotFound } from '../errors.js';
import { deletionBody, generationOf } from '../generations.js';
import { childId, childNameOf, registryId } from '../ids.js';
import { listReply } from '../lists.js';
import { checkName } from '../names.js';
import { armTime, madeBy, systemDataIn } from '../timestamps.js';
import { locationReply, locationResults, resourceReply } from '../longRunning/writeReply.js';
import { orUndefined } from '../../http/orUndefined.js';

const TYPE = 'Microsoft.ContainerRegistry/registries/tokens';

const credentials = z.object({
  passwords: z
    .array(
      z.object({
        name: caseless(SLOT_NAMES),
        expiry: z.iso.datetime({ offset: true }).nullish().transform(orUndefined),
      }),
    )
    .nullish()
    .transform(orUndefined),
});
const properties = z.object({
  scopeMapId: z.string().nullish().transform(orUndefined),
  status: caseless(TOKEN_STATUSES).nullish().transform(orUndefined),
  credentials: credentials.nullish().transform(orUndefined),
});
const putBody = z.object({ properties: properties.extend({ scopeMapId: z.string().min(1) }) });
const patchBody = z.object({ properties: properties.nullish().transform(orUndefined) });
type Credentials = z.output<typeof credentials>;

/**
 * Routes of tokens, each with two passwords. A PUT replaces the whole token, including its passwords. A PATCH changes
 * the properties that it names; of the passwords, it keeps those that it names.
 */
export function tokenRoutes(plane: Plane): Route[] {
  return childRoutes(plane, 'tokens', { list, get, put, patch, remove });

  function list(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    return listReply(plane, call, registry.tokens, (token) => tokenBody(plane, registry, token, versionOf(call)));
  }

  function get(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const ghost = plane.operations.ghost(childId(plane.arm, registry, 'tokens', call.params['name'] ?? ''));
    if (ghost) return { status: 200, body: ghost };
    return { status: 200, body: tokenBody(plane, registry, existing(plane, call, registry), versionOf(call)) };
  }

  function put(call: Call): ApiReply {
    const registry = parentRegistryOf(plane, call, 'registries/tokens');
    const name = call.params['name'] ?? '';
    checkName('tokens', name);
    const body = armBody(call, putBody).properties;
    const before = registry.tokens.get(name);
    if (!before && registry.tokens.size >= plane.settings.tokensPerRegistry) {
      throw badRequest('TokenLimitExceeded', `A registry can hold at most ${plane.settings.tokensPerRegistry} tokens.`);
    }
    const token: Token = {
      name: before?.name ?? name,
      scopeMapId: scopeMapIdOf(plane, registry, body.scopeMapId),
      status: body.status ?? 'enabled',
      passwords: kept(before?.passwords ?? [], body.credentials ?? { passwords: [] }),
      creationDate: before?.creationDate ?? plane.clock.now().toISOString(),
      systemData: madeBy(plane, call),
    };
    return save(call, registry, token, !before);
  }

  function patch(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const before = existing(plane, call, registry);
    const body: Partial<z.output<typeof properties>> = armBody(call, patchBody).properties ?? {};
    const token: Token = {
      ...before,
      systemData: madeBy(plane, call),
      ...(body.scopeMapId === undefined ? {} : { scopeMapId: scopeMapIdOf(plane, registry, body.scopeMapId) }),
      ...(body.status === undefined ? {} : { status: body.status }),
      ...(body.credentials === undefined ? {} : { passwords: kept(before.passwords, body.credentials) }),
    };
    return save(call, registry, token, false);
  }

  /** Every write of a token is asynchronous: recorded as 201 with `Azure-AsyncOperation`. */
  function save(call: Call, registry: Registry, token: Token, created: boolean): ApiReply {
    registry.tokens.set(token);
    const kind = call.method === 'PATCH' ? 'childPatch' : 'childPut';
    return resourceReply(plane, call, { ...following(registry, token), kind, created }, () =>
      tokenBody(plane, registry, token, versionOf(call)),
    );
  }

  function following(registry: Registry, { name }: Token) {
    const resource = childId(plane.arm, registry, 'tokens', name);
    const { signsOperations: signed } = generationOf(registry);
    return { resource, within: registryId(plane.arm, registry), prefix: 'token', signed };
  }

  function remove(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const token = registry.tokens.get(call.params['name'] ?? '');
    if (!token) return { status: 204 };
    const resource = childId(plane.arm, registry, 'tokens', token.name);
    refuseIfUsed(registry, token, resource);
    registry.tokens.delete(token.name);
    const own = {
      ...following(registry, token),
      kind: 'childDelete',
      busy: 'Deleting',
      result: { status: 200 },
    } as const;
    const polledBelow = locationResults(plane, registry.location.toUpperCase());
    const ghost = (): unknown => tokenBody(plane, registry, token, versionOf(call));
    return locationReply(plane, call, { ...own, polledBelow, ghost }, deletionBody(registry));
  }
}

/**
 * A sync token cannot be deleted while its connected registry exists (Azure docs: overview-connected-registry-access).
 * No public source describes the deletion of a client token that is still bound; refusing it is the stricter
 * assumption.
 */
function refuseIfUsed(registry: Registry, token: Token, id: string): void {
  for (const connected of registry.connectedRegistries.values()) {
    const isSync = connected.syncTokenId !== undefined && sameName(connected.syncTokenId, id);
    if (!isSync && !connected.clientTokenIds.some((one) => sameName(one, id))) continue;
    const role = isSync ? 'sync' : 'client';
    throw conflict(
      'TokenInUse',
      `The token '${token.name}' cannot be deleted: it is a ${role} token of the connected registry '${connected.name}'.`,
    );
  }
}

function existing(plane: Plane, call: Call, registry: Registry): Token {
  const name = call.params['name'] ?? '';
  const token = registry.tokens.get(name);
  if (!token) throw resourceNotFound(childId(plane.arm, registry, 'tokens', name));
  return token;
}

/**
 * The id in its own spelling.
 * @throws 400 if the scope map does not exist in this registry
 */
function scopeMapIdOf(plane: Plane, registry: Registry, id: string): string {
  const name = childNameOf(plane.arm, registry, 'scopeMaps', id);
  const map = name === undefined ? undefined : registry.scopeMaps.get(name);
  if (!map) throw badRequest('InvalidScopeMapId', `The scope map '${id}' could not be found.`, 'scopeMapId');
  return childId(plane.arm, registry, 'scopeMaps', map.name);
}

/** The passwords that a PATCH keeps: those that it names, or all if it has no list. A named empty slot stays empty. */
function kept(before: StoredPassword[], body: Credentials): StoredPassword[] {
  const { passwords } = body;
  if (!passwords) return before;
  return before.flatMap((password) => {
    const named = passwords.find((one) => one.name === password.name);
    if (!named) return [];
    return [named.expiry === undefined ? password : { ...password, expiry: new Date(named.expiry).toISOString() }];
  });
}

function tokenBody(plane: Plane, registry: Registry, token: Token, version: string): unknown {
  const id = childId(plane.arm, registry, 'tokens', token.name);
  return {
    type: TYPE,
    id,
    name: token.name,
    ...systemDataIn(version, token.systemData),
    properties: {
      creationDate: armTime(token.creationDate),
      provisioningState: plane.operations.provisioningState(id),
      scopeMapId: token.scopeMapId,
      credentials: {
        passwords: token.passwords.map(({ name, creationTime, expiry }) => ({
          creationTime: armTime(creationTime),
          ...(expiry === undefined ? {} : { expiry: armTime(expiry) }),
          name,
        })),
        ...(generationOf(registry).listsCertificates ? { certificates: [] } : {}),
      },
      status: token.status,
    },
  };
}
