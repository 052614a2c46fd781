import { CONNECTED_REGISTRY_MODES } from '../../../src/domain/armEnumerations.js';
import type { z } from 'zod';
import { requestResync } from '../gateway/routes.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../pipeline.js';
import type { Plane } from '../plane.js';
import type { ConnectedRegistry, Registry } from '../state/registryState.js';
import { armBody, armRoute, childRoutes, parentRegistryOf, registryOf } from './armRoute.js';
import { connectedRegistryBody, connectionState, TYPE } from './connectedRegistryBody.js';
import { checkParent, checkRegistryCanConnect, checkSync, checkSyncToken } from './connectedRegistryRules.js';
import { listFilter } from './connectedRegistryFilter.js';
import {
  carried,
  missing,
  oneOf,
  patchBody,
  putBody,
  refuseChange,
  sharedFields,
  type Patch,
  type syncProperties,
} from './connectedRegistryInput.js';
import { conflict, resourceNotFound } from './errors.js';
import { childId, REGISTRY_PATH, sameId } from './ids.js';
import { listReply } from './lists.js';
import { checkName } from './names.js';
import { changedBy, madeBy } from './timestamps.js';
import { deletedReply, resourceReply, resultReply } from './writeReply.js';

/**
 * Connected registries. Their list of client tokens is replaced as a whole by PUT and PATCH, there is no etag, and mode,
 * parent and sync token never change (azure-rest-api-specs: ConnectedRegistry.tsp).
 */
export function connectedRegistryRoutes(plane: Plane): Route[] {
  const item = `${REGISTRY_PATH}/connectedRegistries/{name}`;
  const family = 'registries/connectedRegistries' as const;
  return [
    ...childRoutes(plane, 'connectedRegistries', { list, get, put, patch, remove }),
    armRoute(plane, {
      method: 'POST',
      path: `${item}/deactivate`,
      action: `${TYPE}/deactivate/action`,
      family,
      handle: deactivate,
    }),
    armRoute(plane, {
      method: 'POST',
      path: `${item}/resync`,
      action: `${TYPE}/resync/action`,
      family,
      handle: resync,
    }),
  ];

  function list(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const keep = listFilter(call.query.get('$filter'));
    return listReply(
      plane,
      call,
      registry.connectedRegistries,
      (one) => connectedRegistryBody(plane, registry, one),
      (one) => keep({ parentId: one.parentId ?? '', mode: one.mode, state: connectionState(plane, one) }),
    );
  }

  function get(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    return { status: 200, body: connectedRegistryBody(plane, registry, existing(plane, call, registry)) };
  }

  function put(call: Call): ApiReply {
    const registry = parentRegistryOf(plane, call, 'registries/connectedRegistries');
    const name = call.params['name'] ?? '';
    checkName('connectedRegistries', name);
    const { properties } = armBody(call, putBody);
    const { parent } = properties;
    checkRegistryCanConnect(registry);
    const before = registry.connectedRegistries.get(name);
    const mode = oneOf(CONNECTED_REGISTRY_MODES, properties.mode, 'mode');
    if (parent.syncProperties.messageTtl === undefined) throw missing('parent.syncProperties.messageTtl');
    if (parent.syncProperties.tokenId === undefined) throw missing('parent.syncProperties.tokenId');
    const wanted: ConnectedRegistry = {
      name: before?.name ?? name,
      mode,
      ...(parent.id ? { parentId: checkParent(plane, registry, name, parent.id) } : {}),
      syncTokenId: checkSyncToken(plane, registry, parent.syncProperties.tokenId),
      schedule: parent.syncProperties.schedule ?? '* * * * *',
      ...(parent.syncProperties.syncWindow ? { syncWindow: parent.syncProperties.syncWindow } : {}),
      messageTtl: parent.syncProperties.messageTtl,
      clientTokenIds: [],
      notificationsList: [],
      logging: { logLevel: 'Information', auditLogStatus: 'Disabled' },
      garbageCollection: { enabled: true, schedule: '0 0 * * *' },
      activation: before?.activation ?? 'Inactive',
      statusDetails: before?.statusDetails ?? [],
      systemData: before ? changedBy(plane, call, before.systemData) : madeBy(plane, call),
      ...carried(before),
    };
    if (before) refuseChange(before, wanted);
    checkSync(wanted);
    return save(call, registry, { ...wanted, ...sharedFields(plane, registry, wanted, properties) }, !before);
  }

  function patch(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const before = existing(plane, call, registry);
    const properties: Patch = armBody(call, patchBody).properties ?? {};
    const sync: Partial<z.output<typeof syncProperties>> = properties.syncProperties ?? {};
    const wanted: ConnectedRegistry = {
      ...before,
      ...(sync.schedule === undefined ? {} : { schedule: sync.schedule }),
      ...(sync.syncWindow === undefined ? {} : { syncWindow: sync.syncWindow }),
      ...(sync.messageTtl === undefined ? {} : { messageTtl: sync.messageTtl }),
      ...sharedFields(plane, registry, before, properties),
      systemData: changedBy(plane, call, before.systemData),
    };
    checkSync(wanted);
    return save(call, registry, wanted, false);
  }

  /** Synchronous, as recorded. */
  function save(call: Call, registry: Registry, connected: ConnectedRegistry, created: boolean): ApiReply {
    registry.connectedRegistries.set(connected);
    const resource = childId(plane.arm, registry, 'connectedRegistries', connected.name);
    return resourceReply(plane, call, { resource, kind: 'connectedregistry', asynchronous: false, created }, () =>
      connectedRegistryBody(plane, registry, connected),
    );
  }

  function remove(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const connected = registry.connectedRegistries.get(call.params['name'] ?? '');
    if (!connected) return { status: 204 };
    const resource = childId(plane.arm, registry, 'connectedRegistries', connected.name);
    for (const child of registry.connectedRegistries.values()) {
      if (child.parentId !== undefined && sameId(child.parentId, resource)) {
        throw conflict(
          'ConnectedRegistryHasChildren',
          `The connected registry '${connected.name}' cannot be deleted: it is the parent of '${child.name}'.`,
        );
      }
    }
    registry.connectedRegistries.delete(connected.name);
    return deletedReply(plane, call, { resource, kind: 'connectedregistry', asynchronous: false });
  }

  /** Has the next sync bring everything; in preview only (azure-rest-api-specs, 2026-09-01-preview). */
  function resync(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    requestResync(plane, registry, existing(plane, call, registry));
    return { status: 200, body: connectedRegistryBody(plane, registry, existing(plane, call, registry)) };
  }

  /** It stops syncing, and comes back only with sync credentials made afterwards. */
  function deactivate(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const connected = existing(plane, call, registry);
    registry.connectedRegistries.set({
      ...connected,
      activation: 'Inactive',
      deactivatedAt: plane.clock.now().toISOString(),
      systemData: changedBy(plane, call, connected.systemData),
    });
    const resource = childId(plane.arm, registry, 'connectedRegistries', connected.name);
    return resultReply(plane, call, { resource, kind: 'connectedregistry', asynchronous: false }, 'Updating', {
      status: 200,
    });
  }
}

function existing(plane: Plane, call: Call, registry: Registry): ConnectedRegistry {
  const name = call.params['name'] ?? '';
  const connected = registry.connectedRegistries.get(name);
  if (!connected) throw resourceNotFound(childId(plane.arm, registry, 'connectedRegistries', name));
  return connected;
}
