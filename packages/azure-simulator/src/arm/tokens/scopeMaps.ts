import { sameName } from '@connected-registry/protocol/names/sameName';
import { z } from 'zod';
import type { ApiReply } from '../../http/message.js';
import type { Call, Route } from '../../http/route.js';
import type { Plane } from '../../plane.js';
import type { Registry, ScopeMap } from '../../state/registryState.js';
import { armBody, childRoutes, parentRegistryOf, registryOf, versionOf } from '../armRoute.js';
import { badRequest, conflict, resourceNotFound } from '../errors.js';
import { deletionBody, generationOf } from '../generations.js';
import { childId, registryId } from '../ids.js';
import { listReply } from '../lists.js';
import { checkName } from '../names.js';
import { checkActions } from './scopeMapActions.js';
import { armTime, madeBy, systemDataIn } from '../timestamps.js';
import { locationReply, locationResults, resourceReply } from '../longRunning/writeReply.js';
import { orUndefined } from '../../http/orUndefined.js';

const TYPE = 'Microsoft.ContainerRegistry/registries/scopeMaps';

const putBody = z.object({
  properties: z.object({
    description: z.string().max(256).nullish().transform(orUndefined),
    actions: z.array(z.string()).min(1),
  }),
});
const patchBody = z.object({
  properties: z
    .object({
      description: z.string().max(256).nullish().transform(orUndefined),
      actions: z.array(z.string()).min(1).nullish().transform(orUndefined),
    })
    .nullish()
    .transform(orUndefined),
});

/** Routes of scope maps: named sets of permissions on repositories that tokens refer to. */
export function scopeMapRoutes(plane: Plane): Route[] {
  return childRoutes(plane, 'scopeMaps', { list, get, put, patch, remove });

  function list(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    return listReply(plane, call, registry.scopeMaps, (map) => scopeMapBody(plane, registry, map, versionOf(call)));
  }

  function get(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const ghost = plane.operations.ghost(childId(plane.arm, registry, 'scopeMaps', call.params['name'] ?? ''));
    if (ghost) return { status: 200, body: ghost };
    return { status: 200, body: scopeMapBody(plane, registry, existing(plane, call, registry), versionOf(call)) };
  }

  function put(call: Call): ApiReply {
    const registry = parentRegistryOf(plane, call, 'registries/scopeMaps');
    const name = call.params['name'] ?? '';
    checkName('scopeMaps', name);
    const { properties } = armBody(call, putBody);
    checkActions(properties.actions, plane.settings.permissionsPerScopeMap);
    const before = registry.scopeMaps.get(name);
    refuseSystemMap(before);
    if (!before && registry.scopeMaps.size >= plane.settings.tokensPerRegistry) {
      throw badRequest(
        'ScopeMapLimitExceeded',
        `A registry can hold at most ${plane.settings.tokensPerRegistry} scope maps.`,
      );
    }
    const map: ScopeMap = {
      name: before?.name ?? name,
      type: 'UserDefined',
      actions: [...new Set(properties.actions)],
      creationDate: before?.creationDate ?? plane.clock.now().toISOString(),
      systemData: madeBy(plane, call),
      ...(properties.description === undefined ? {} : { description: properties.description }),
    };
    return save(call, registry, map, before ? 'replaced' : 'created');
  }

  function patch(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const before = existing(plane, call, registry);
    const { properties } = armBody(call, patchBody);
    refuseSystemMap(before);
    if (properties?.actions) checkActions(properties.actions, plane.settings.permissionsPerScopeMap);
    const map: ScopeMap = {
      ...before,
      systemData: madeBy(plane, call),
      ...(properties?.actions ? { actions: [...new Set(properties.actions)] } : {}),
      ...(properties?.description === undefined ? {} : { description: properties.description }),
    };
    return save(call, registry, map, 'changed');
  }

  /** Recorded: a PUT is synchronous; a PATCH of a scope map that tokens use is asynchronous. */
  function save(call: Call, registry: Registry, map: ScopeMap, how: 'created' | 'replaced' | 'changed'): ApiReply {
    registry.scopeMaps.set(map);
    const body = (): unknown => scopeMapBody(plane, registry, map, versionOf(call));
    const goesOn = how === 'changed' && tokensUsing(plane, registry, map.name).length > 0;
    const created = how === 'created';
    if (created) plane.operations.forget(childId(plane.arm, registry, 'scopeMaps', map.name));
    if (!goesOn && plane.settings.asynchronousWrites === 'recorded') return { status: 200, body: body() };
    const kind = how === 'changed' ? 'childPatch' : 'childPut';
    return resourceReply(plane, call, { ...following(registry, map), kind, created }, body);
  }

  /** The service names an operation on a scope map like a token's. */
  function following(registry: Registry, { name }: ScopeMap) {
    const resource = childId(plane.arm, registry, 'scopeMaps', name);
    const { signsOperations: signed } = generationOf(registry);
    return { resource, within: registryId(plane.arm, registry), prefix: 'token', signed };
  }

  function remove(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const map = registry.scopeMaps.get(call.params['name'] ?? '');
    if (!map) return { status: 204 };
    refuseSystemMap(map);
    const users = tokensUsing(plane, registry, map.name);
    if (users.length > 0) {
      const names = users.slice(0, 5).join(', ');
      throw conflict(
        'ScopeMapInUse',
        `The scope map '${map.name}' cannot be deleted: it is used by the tokens ${names}.`,
      );
    }
    registry.scopeMaps.delete(map.name);
    const own = {
      ...following(registry, map),
      kind: 'childDelete',
      busy: 'Deleting',
      result: { status: 200 },
    } as const;
    const polledBelow = locationResults(plane, registry.location.toUpperCase());
    const ghost = (): unknown => scopeMapBody(plane, registry, map, versionOf(call));
    return locationReply(plane, call, { ...own, polledBelow, ghost }, deletionBody(registry));
  }
}

function existing(plane: Plane, call: Call, registry: Registry): ScopeMap {
  const name = call.params['name'] ?? '';
  const map = registry.scopeMaps.get(name);
  if (!map) throw resourceNotFound(childId(plane.arm, registry, 'scopeMaps', name));
  return map;
}

function refuseSystemMap(map: ScopeMap | undefined): void {
  if (map?.type !== 'SystemDefined') return;
  throw badRequest(
    'SystemDefinedScopeMap',
    `The scope map '${map.name}' is defined by the system and cannot be changed.`,
  );
}

function tokensUsing(plane: Plane, registry: Registry, name: string): string[] {
  const id = childId(plane.arm, registry, 'scopeMaps', name);
  const users: string[] = [];
  for (const token of registry.tokens.values()) if (sameName(token.scopeMapId, id)) users.push(token.name);
  return users;
}

function scopeMapBody(plane: Plane, registry: Registry, map: ScopeMap, version: string): unknown {
  const id = childId(plane.arm, registry, 'scopeMaps', map.name);
  return {
    type: TYPE,
    id,
    name: map.name,
    ...systemDataIn(version, map.systemData),
    properties: {
      ...(map.description === undefined ? {} : { description: map.description }),
      type: map.type,
      creationDate: armTime(map.creationDate),
      provisioningState: plane.operations.provisioningState(id),
      actions: map.actions,
    },
  };
}
