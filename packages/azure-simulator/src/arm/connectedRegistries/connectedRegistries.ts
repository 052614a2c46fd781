import { sameName } from '@connected-registry/protocol/names/sameName';
import { isContinuous } from '@connected-registry/protocol/registry/syncSchedule';
import { CONNECTED_REGISTRY_MODES } from '@connected-registry/protocol/registry/armEnumerations';
import type { z } from 'zod';
import { requestResync } from '../../gateway/routes.js';
import type { ApiReply } from '../../http/message.js';
import { withoutUndefined } from '../../http/orUndefined.js';
import type { Call, Route } from '../../http/route.js';
import type { Plane } from '../../plane.js';
import type { ConnectedRegistry, Registry } from '../../state/registryState.js';
import { armBody, armRoute, childRoutes, parentRegistryOf, registryOf, versionOf } from '../armRoute.js';
import { connectedRegistryBody, connectionState, TYPE } from './connectedRegistryBody.js';
import { syncSignIn } from './connectedRegistryIdentity.js';
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
import { conflict, resourceNotFound } from '../errors.js';
import type { Busy } from '../longRunning/longRunning.js';
import { generationOf } from '../generations.js';
import { childId, REGISTRY_PATH, registryId } from '../ids.js';
import { creationOrderReply } from '../lists.js';
import { checkName } from '../names.js';
import { madeBy } from '../timestamps.js';
import { locationReply, resourceReply } from '../longRunning/writeReply.js';

/**
 * Routes of connected registries. PUT and PATCH replace the list of client tokens as a whole, there is no etag, and
 * mode, parent and sync token never change (azure-rest-api-specs: ConnectedRegistry.tsp).
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
    return creationOrderReply(
      plane,
      call,
      registry.connectedRegistries,
      (one) => connectedRegistryBody(plane, registry, one, versionOf(call)),
      (one) => keep({ parentId: one.parentId ?? '', mode: one.mode, state: connectionState(plane, one) }),
    );
  }

  function get(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    return { status: 200, body: bodyOf(call, registry, existing(plane, call, registry)) };
  }

  function put(call: Call): ApiReply {
    const registry = parentRegistryOf(plane, call, 'registries/connectedRegistries');
    const name = call.params['name'] ?? '';
    checkName('connectedRegistries', name);
    const { properties, identity } = armBody(call, putBody);
    const { parent } = properties;
    checkRegistryCanConnect(registry);
    const before = registry.connectedRegistries.get(name);
    const mode = oneOf(CONNECTED_REGISTRY_MODES, properties.mode, 'mode');
    if (parent.syncProperties.messageTtl === undefined) throw missing('parent.syncProperties.messageTtl');
    const wanted: ConnectedRegistry = {
      name: before?.name ?? name,
      mode,
      ...(parent.id ? { parentId: checkParent(plane, registry, name, parent.id) } : {}),
      ...syncSignIn({ ...parent.syncProperties, identities: identity?.userAssignedIdentities }, (id) =>
        checkSyncToken(plane, registry, id),
      ),
      schedule: parent.syncProperties.schedule ?? '* * * * *',
      ...(parent.syncProperties.syncWindow ? { syncWindow: parent.syncProperties.syncWindow } : {}),
      messageTtl: parent.syncProperties.messageTtl,
      clientTokenIds: [],
      notificationsList: [],
      logging: { logLevel: 'Information', auditLogStatus: 'Disabled' },
      garbageCollection: { enabled: true, schedule: '0 0 * * *' },
      activation: before?.activation ?? 'Inactive',
      statusDetails: before?.statusDetails ?? [],
      systemData: madeBy(plane, call),
      ...carried(before),
    };
    if (before) refuseChange(before, wanted);
    checkSync(wanted);
    return save(
      call,
      registry,
      { ...withoutUnusedWindow(wanted), ...sharedFields(plane, registry, wanted, properties) },
      !before,
    );
  }

  function patch(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const before = existing(plane, call, registry);
    const body = armBody(call, patchBody);
    const properties: Patch = body.properties ?? {};
    const sync: Partial<z.output<typeof syncProperties>> = properties.syncProperties ?? {};
    const { syncTokenId, authType, identities, ...rest } = before;
    const signIn =
      sync.authType === undefined && body.identity === undefined
        ? { syncTokenId, authType, identities }
        : syncSignIn(
            {
              authType: sync.authType ?? authType,
              tokenId: sync.tokenId ?? syncTokenId,
              identities: body.identity?.userAssignedIdentities ?? identities,
            },
            (id) => checkSyncToken(plane, registry, id),
          );
    const wanted: ConnectedRegistry = {
      ...rest,
      ...withoutUndefined(signIn),
      ...(sync.schedule === undefined ? {} : { schedule: sync.schedule }),
      ...(sync.syncWindow === undefined ? {} : { syncWindow: sync.syncWindow }),
      ...(sync.messageTtl === undefined ? {} : { messageTtl: sync.messageTtl }),
      ...sharedFields(plane, registry, before, properties),
      systemData: madeBy(plane, call),
    };
    checkSync(wanted);
    return save(call, registry, withoutUnusedWindow(wanted), false);
  }

  /** Recorded as synchronous 63 of 63 times. */
  function save(call: Call, registry: Registry, connected: ConnectedRegistry, created: boolean): ApiReply {
    registry.connectedRegistries.set(connected);
    const body = (): unknown => bodyOf(call, registry, connected);
    if (plane.settings.asynchronousWrites === 'recorded') return { status: 200, body: body() };
    const own = { ...following(registry, connected), kind: 'childPut', created } as const;
    return resourceReply(plane, call, { ...own, polledBelow: registryId(plane.arm, registry) }, body);
  }

  /** No role has a right to poll below a connected registry, so an operation is polled below its registry. */
  function following(registry: Registry, { name }: ConnectedRegistry) {
    const resource = childId(plane.arm, registry, 'connectedRegistries', name);
    const { signsOperations: signed } = generationOf(registry);
    return { resource, within: registryId(plane.arm, registry), prefix: 'connectedregistry', signed };
  }

  function bodyOf(call: Call, registry: Registry, connected: ConnectedRegistry): unknown {
    return connectedRegistryBody(plane, registry, connected, versionOf(call));
  }

  function remove(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const connected = registry.connectedRegistries.get(call.params['name'] ?? '');
    if (!connected) return { status: 204 };
    const resource = childId(plane.arm, registry, 'connectedRegistries', connected.name);
    for (const child of registry.connectedRegistries.values()) {
      if (child.parentId !== undefined && sameName(child.parentId, resource)) {
        throw conflict(
          'ConnectedRegistryHasChildren',
          `The connected registry '${connected.name}' cannot be deleted: it is the parent of '${child.name}'.`,
        );
      }
    }
    registry.connectedRegistries.delete(connected.name);
    return bodylessReply(call, registry, connected, 'Deleting');
  }

  /** Makes the next sync deliver everything; preview only (azure-rest-api-specs, 2026-09-01-preview). */
  function resync(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    requestResync(plane, registry, existing(plane, call, registry));
    return { status: 200, body: bodyOf(call, registry, existing(plane, call, registry)) };
  }

  /** Answers a deletion or a deactivation, without a body. Synchronous, unless all writes are asynchronous. */
  function bodylessReply(call: Call, registry: Registry, connected: ConnectedRegistry, busy: Busy): ApiReply {
    const result = { status: 200 };
    if (plane.settings.asynchronousWrites === 'recorded') return result;
    const polledBelow = `${registryId(plane.arm, registry)}/operationStatuses`;
    return locationReply(plane, call, {
      ...following(registry, connected),
      kind: 'childDelete',
      polledBelow,
      busy,
      result,
    });
  }

  /** The connected registry stops syncing until it gets sync credentials that were created later. */
  function deactivate(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const connected = existing(plane, call, registry);
    registry.connectedRegistries.set({
      ...connected,
      activation: 'Inactive',
      deactivatedAt: plane.clock.now().toISOString(),
      systemData: madeBy(plane, call),
    });
    return bodylessReply(call, registry, connected, 'Updating');
  }
}

/** A continuous sync has no window: a change to it clears the window (recorded). */
function withoutUnusedWindow({ syncWindow, ...rest }: ConnectedRegistry): ConnectedRegistry {
  return { ...rest, ...(syncWindow === undefined || isContinuous(rest.schedule) ? {} : { syncWindow }) };
}

function existing(plane: Plane, call: Call, registry: Registry): ConnectedRegistry {
  const name = call.params['name'] ?? '';
  const connected = registry.connectedRegistries.get(name);
  if (!connected) throw resourceNotFound(childId(plane.arm, registry, 'connectedRegistries', name));
  return connected;
}
