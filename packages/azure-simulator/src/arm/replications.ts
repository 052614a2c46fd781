import { z } from 'zod';
import { orUndefined } from '../http/orUndefined.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { Registry, Replication } from '../state/registryState.js';
import { armBody, childRoutes, parentRegistryOf, registryOf, versionOf } from './armRoute.js';
import { badRequest, resourceNotFound } from './errors.js';
import { generationOf } from './generations.js';
import { registryId } from './ids.js';
import { operationMilliseconds } from './longRunning/pace.js';
import { armTimeUtc, madeBy, systemDataBody } from './timestamps.js';
import { locationReply, locationResults, resourceReply } from './longRunning/writeReply.js';

const TYPE = 'Microsoft.ContainerRegistry/registries/replications';
/** Milliseconds that a new replication reports that it syncs (recorded: still at 10 s, no longer at 13 s). */
const SYNCING = 12_000;

/** The author of the service's own writes; any id is possible. */
const SERVICE = '00000000-0000-4000-8000-000000000001';

const body = z.object({
  location: z.string().min(1),
  tags: z.record(z.string(), z.string()).nullish().transform(orUndefined),
  properties: z
    .object({
      regionEndpointEnabled: z.boolean().nullish().transform(orUndefined),
      zoneRedundancy: z.string().nullish().transform(orUndefined),
    })
    .nullish()
    .transform(orUndefined),
});
const patchBody = body.partial();

/**
 * Routes of a registry's replications, as far as its data endpoints need them. The first one also creates one in the
 * registry's own region.
 */
export function replicationRoutes(plane: Plane): Route[] {
  return childRoutes(plane, 'replications', { list, get, put, patch, remove });

  function list(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const value = [...registry.replications.values()]
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
      .map((one) => replicationBody(plane, registry, one, versionOf(call)));
    return { status: 200, body: { value } };
  }

  function get(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const id = idOf(plane, registry, call.params['name'] ?? '');
    return {
      status: 200,
      body: plane.operations.ghost(id) ?? replicationBody(plane, registry, existing(call), versionOf(call)),
    };
  }

  function put(call: Call): ApiReply {
    const registry = parentRegistryOf(plane, call, 'registries/replications');
    if (registry.sku !== 'Premium')
      throw badRequest('UnsupportedSku', `The SKU '${registry.sku}' of '${registry.name}' has no replications.`);
    const name = call.params['name'] ?? '';
    const { location, tags, properties } = armBody(call, body);
    const before = registry.replications.get(name);
    if (registry.replications.size === 0) registry.replications.set(ofItsOwn(plane, registry));
    return save(call, registry, before === undefined, {
      name: before?.name ?? name,
      location: before?.location ?? location,
      creationDate: before?.creationDate ?? plane.clock.now().toISOString(),
      tags: tags ?? {},
      regionEndpointEnabled: properties?.regionEndpointEnabled ?? true,
      zoneRedundancy: properties?.zoneRedundancy ?? 'Disabled',
      systemData: madeBy(plane, call),
    });
  }

  function patch(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const before = existing(call);
    const { tags, properties } = armBody(call, patchBody);
    return save(call, registry, false, {
      ...before,
      ...(tags === undefined ? {} : { tags }),
      ...(properties?.regionEndpointEnabled === undefined
        ? {}
        : { regionEndpointEnabled: properties.regionEndpointEnabled }),
      systemData: madeBy(plane, call),
    });
  }

  function save(call: Call, registry: Registry, created: boolean, replication: Replication): ApiReply {
    registry.replications.set(replication);
    return resourceReply(plane, call, { ...following(registry, replication), created }, () =>
      replicationBody(plane, registry, replication, versionOf(call)),
    );
  }

  function remove(call: Call): ApiReply {
    const registry = registryOf(plane, call);
    const replication = registry.replications.get(call.params['name'] ?? '');
    if (!replication) return { status: 204 };
    registry.replications.delete(replication.name);
    return locationReply(plane, call, {
      ...following(registry, replication),
      polledBelow: locationResults(plane, registry.location.toUpperCase()),
      busy: 'Deleting',
      result: { status: 200 },
      ghost: () => replicationBody(plane, registry, replication, versionOf(call)),
    });
  }

  function following(registry: Registry, { name }: Replication) {
    const signed = generationOf(registry).signsOperations;
    const resource = idOf(plane, registry, name);
    const within = registryId(plane.arm, registry);
    return { resource, within, prefix: 'replications', kind: 'replication', signed } as const;
  }

  function existing(call: Call): Replication {
    const registry = registryOf(plane, call);
    const name = call.params['name'] ?? '';
    const found = registry.replications.get(name);
    if (!found) throw resourceNotFound(idOf(plane, registry, name));
    return found;
  }
}

/** The replication in the registry's own region. The service creates it before the other one is ready. */
function ofItsOwn(plane: Plane, { location }: Registry): Replication {
  const time = plane.clock.now().getTime() + operationMilliseconds(plane.settings, 'replication');
  const at = new Date(time).toISOString();
  const by = SERVICE;
  return {
    name: location,
    location,
    tags: {},
    regionEndpointEnabled: true,
    zoneRedundancy: 'Disabled',
    creationDate: at,
    systemData: { createdBy: by, createdAt: at, lastModifiedBy: by, lastModifiedAt: at },
  };
}

function idOf(plane: Plane, registry: Registry, name: string): string {
  return `${registryId(plane.arm, registry)}/replications/${name}`;
}

/** Since 2020-11 answers contain zones and the author (recorded). */
function replicationBody(plane: Plane, registry: Registry, replication: Replication, version: string): unknown {
  const id = idOf(plane, registry, replication.name);
  const provisioningState = plane.operations.provisioningState(id);
  const age = plane.clock.now().getTime() - new Date(replication.creationDate).getTime();
  const isNew = provisioningState === 'Creating';
  const isOld = version < '2020-11';
  return {
    type: TYPE,
    id,
    name: replication.name,
    location: replication.location,
    tags: replication.tags,
    ...(isOld ? {} : { systemData: systemDataBody(replication.systemData) }),
    properties: {
      provisioningState,
      status: {
        ...(isNew
          ? {}
          : { displayStatus: replication.location !== registry.location && age < SYNCING ? 'Syncing' : 'Ready' }),
        timestamp: armTimeUtc(plane.clock.now().toISOString()),
      },
      regionEndpointEnabled: replication.regionEndpointEnabled,
      ...(isOld ? {} : { zoneRedundancy: replication.zoneRedundancy }),
    },
  };
}
