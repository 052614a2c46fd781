import { z } from 'zod';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../pipeline.js';
import type { Plane } from '../plane.js';
import type { ConnectedRegistry, Registry } from '../state/registryState.js';
import { armBody, armRoute, parentRegistryOf, registryOf } from './armRoute.js';
import { connectedRegistryBody, connectionState, TYPE } from './connectedRegistryBody.js';
import {
  checkClientTokens,
  checkParent,
  checkRegistryCanConnect,
  checkSync,
  checkSyncToken,
} from './connectedRegistryRules.js';
import { badRequest, conflict, resourceNotFound } from './errors.js';
import { childId, REGISTRY_PATH, sameId } from './ids.js';
import { listReply } from './lists.js';
import { checkName } from './names.js';
import { changedBy, madeBy } from './timestamps.js';
import { deletedReply, resourceReply, resultReply } from './writeReply.js';
import { orUndefined } from '../http/orUndefined.js';

const MODES = ['ReadWrite', 'ReadOnly', 'Registry', 'Mirror'] as const;
const LOG_LEVELS = ['Debug', 'Information', 'Warning', 'Error', 'None'] as const;

const syncProperties = z.object({
  tokenId: z.string().nullish().transform(orUndefined),
  schedule: z.string().nullish().transform(orUndefined),
  syncWindow: z.string().nullish().transform(orUndefined),
  messageTtl: z.string().nullish().transform(orUndefined),
});
const shared = z.object({
  clientTokenIds: z.array(z.string()).nullish().transform(orUndefined),
  notificationsList: z.array(z.string()).nullish().transform(orUndefined),
  logging: z
    .object({
      logLevel: z.string().nullish().transform(orUndefined),
      auditLogStatus: z.string().nullish().transform(orUndefined),
    })
    .nullish()
    .transform(orUndefined),
  garbageCollection: z
    .object({
      enabled: z.boolean().nullish().transform(orUndefined),
      schedule: z.string().nullish().transform(orUndefined),
    })
    .nullish()
    .transform(orUndefined),
});
const putBody = z.object({
  properties: shared.extend({
    mode: z.string(),
    parent: z.object({ id: z.string().nullish().transform(orUndefined), syncProperties }),
  }),
});
const patchBody = z.object({
  properties: shared
    .extend({ syncProperties: syncProperties.nullish().transform(orUndefined) })
    .nullish()
    .transform(orUndefined),
});
type Shared = Partial<z.output<typeof shared>>;
type Patch = Shared & { syncProperties?: z.output<typeof syncProperties> | undefined };

/**
 * Connected registries. Their list of client tokens is replaced as a whole by PUT and PATCH, there is no etag, and mode,
 * parent and sync token never change (azure-rest-api-specs: ConnectedRegistry.tsp).
 */
export function connectedRegistryRoutes(plane: Plane): Route[] {
  const all = `${REGISTRY_PATH}/connectedRegistries`;
  const item = `${all}/{name}`;
  const family = 'registries/connectedRegistries' as const;
  return [
    armRoute(plane, { method: 'GET', path: all, action: `${TYPE}/read`, family, handle: list }),
    armRoute(plane, { method: 'GET', path: item, action: `${TYPE}/read`, family, handle: get }),
    armRoute(plane, { method: 'PUT', path: item, action: `${TYPE}/write`, family, handle: put }),
    armRoute(plane, { method: 'PATCH', path: item, action: `${TYPE}/write`, family, handle: patch }),
    armRoute(plane, { method: 'DELETE', path: item, action: `${TYPE}/delete`, family, handle: remove }),
    armRoute(plane, {
      method: 'POST',
      path: `${item}/deactivate`,
      action: `${TYPE}/deactivate/action`,
      family,
      handle: deactivate,
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
    const mode = oneOf(MODES, properties.mode, 'mode');
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
    plane.armFile.changed();
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
    plane.armFile.changed();
    return deletedReply(plane, call, { resource, kind: 'connectedregistry', asynchronous: false });
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
    plane.armFile.changed();
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

/** What PUT and PATCH may both set. A list that is not sent stays; one that is sent, empty too, replaces the old. */
function sharedFields(
  plane: Plane,
  registry: Registry,
  before: ConnectedRegistry,
  body: Shared,
): Partial<ConnectedRegistry> {
  const { logging, garbageCollection: gc } = body;
  return {
    ...(body.clientTokenIds === undefined
      ? {}
      : { clientTokenIds: checkClientTokens(plane, registry, body.clientTokenIds) }),
    ...(body.notificationsList === undefined ? {} : { notificationsList: body.notificationsList }),
    logging: {
      logLevel:
        logging?.logLevel === undefined ? before.logging.logLevel : oneOf(LOG_LEVELS, logging.logLevel, 'logLevel'),
      auditLogStatus:
        logging?.auditLogStatus === undefined
          ? before.logging.auditLogStatus
          : oneOf(['Enabled', 'Disabled'], logging.auditLogStatus, 'auditLogStatus'),
    },
    garbageCollection: {
      enabled: gc?.enabled ?? before.garbageCollection.enabled,
      schedule: gc?.schedule ?? before.garbageCollection.schedule,
    },
  };
}

/** What a PUT over an existing one keeps: the device's side of it. */
function carried(before: ConnectedRegistry | undefined): Partial<ConnectedRegistry> {
  if (!before) return {};
  const { loginServerHost, deactivatedAt, version, lastSyncTime, lastActivityTime } = before;
  return {
    ...(loginServerHost === undefined ? {} : { loginServerHost }),
    ...(deactivatedAt === undefined ? {} : { deactivatedAt }),
    ...(version === undefined ? {} : { version }),
    ...(lastSyncTime === undefined ? {} : { lastSyncTime }),
    ...(lastActivityTime === undefined ? {} : { lastActivityTime }),
  };
}

function refuseChange(before: ConnectedRegistry, wanted: ConnectedRegistry): void {
  const fixed = ['mode', 'parentId', 'syncTokenId'] as const;
  for (const field of fixed) {
    if ((before[field] ?? '').toLowerCase() === (wanted[field] ?? '').toLowerCase()) continue;
    throw badRequest(
      'PropertyChangeNotAllowed',
      `The property '${field}' of a connected registry cannot be changed.`,
      field,
    );
  }
}

function missing(target: string): Error {
  return badRequest('InvalidRequestContent', `The required property '${target}' is missing.`, target);
}

/** Enumerations are read ignoring case and given back in their own, as recorded for `mode`. */
function oneOf<const T extends readonly string[]>(values: T, text: string, target: string): T[number] {
  const value = values.find((one) => one.toLowerCase() === text.toLowerCase());
  if (value !== undefined) return value;
  throw badRequest(
    'InvalidRequestContent',
    `The value '${text}' of ${target} is invalid. Use ${values.join(', ')}.`,
    target,
  );
}

/** `$filter` with `eq` on `Properties/ParentId`, `Properties/Mode` and `Properties/ConnectionState`, joined by `and`. */
function listFilter(text: string | undefined): (one: { parentId: string; mode: string; state: string }) => boolean {
  if (text === undefined || text === '') return () => true;
  const terms = text.split(/\s+and\s+/i).map((term) => {
    const parts = /^\s*(?:properties\/)?(parentid|parent\/id|mode|connectionstate)\s+eq\s+'?(.*?)'?\s*$/i.exec(term);
    if (!parts) throw badRequest('InvalidFilter', `The filter '${text}' is not supported.`, '$filter');
    return { field: (parts[1] ?? '').toLowerCase(), value: (parts[2] ?? '').toLowerCase() };
  });
  return (one) =>
    terms.every(({ field, value }) => {
      if (field === 'mode') return one.mode.toLowerCase() === value;
      if (field === 'connectionstate') return one.state.toLowerCase() === value;
      return one.parentId.toLowerCase() === value;
    });
}
