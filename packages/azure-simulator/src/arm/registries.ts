import { z } from 'zod';
import { REGISTRY_TIERS } from '@connected-registry/protocol/registry/armEnumerations';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { caseless } from '../http/caseless.js';
import { isAllowed } from '../access/authorize.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { Collection } from '../state/collection.js';
import type {
  ConnectedRegistry,
  Registry,
  RegistryOptions,
  Replication,
  Repository,
  Token,
} from '../state/registryState.js';
import { armBody, armRoute, groupOf, registryOf, versionOf } from './armRoute.js';
import { badRequest, conflict } from './errors.js';
import { GROUP_PATH, REGISTRY_PATH, registryId, SUBSCRIPTION_PATH } from './ids.js';
import { generationOf } from './generations.js';
import { REGISTRY_TYPE, registryBody } from './registryBody.js';
import { systemScopeMaps } from './tokens/systemScopeMaps.js';
import { changedBy, madeBy } from './timestamps.js';
import { locationReply, locationResults, resourceReply } from './longRunning/writeReply.js';
import { orUndefined } from '../http/orUndefined.js';

const TYPE = REGISTRY_TYPE;

const text = z.string().nullish().transform(orUndefined);
const properties = z.object({
  dataEndpointEnabled: z.boolean().nullish().transform(orUndefined),
  adminUserEnabled: z.boolean().nullish().transform(orUndefined),
  anonymousPullEnabled: z.boolean().nullish().transform(orUndefined),
  publicNetworkAccess: text,
  networkRuleBypassOptions: text,
  zoneRedundancy: text,
  metadataSearch: text,
  roleAssignmentMode: text,
  networkRuleSet: z.object({ defaultAction: text }).nullish().transform(orUndefined),
});
type Properties = Partial<z.output<typeof properties>>;
const sku = z.object({ name: caseless(REGISTRY_TIERS) });
const putBody = z.object({
  location: z.string().min(1),
  sku,
  tags: z.record(z.string(), z.string()).nullish().transform(orUndefined),
  properties: properties.nullish().transform(orUndefined),
});
const patchBody = putBody.partial();

/** Routes of container registries, as far as tokens and connected registries need them. */
export function registryRoutes(plane: Plane): Route[] {
  const family = 'registries' as const;
  const providers = 'providers/Microsoft.ContainerRegistry/registries';
  const route = (method: Route['method'], path: string, action: string, handle: Route['handle']): Route =>
    armRoute(plane, { method, path, action: `${TYPE}/${action}`, family, handle });
  return [
    ...[SUBSCRIPTION_PATH, GROUP_PATH].map((scope) =>
      armRoute(plane, {
        method: 'GET',
        path: `${scope}/${providers}`,
        action: `${TYPE}/read`,
        family,
        open: true,
        handle: list,
      }),
    ),
    route('GET', REGISTRY_PATH, 'read', (call) => ({
      status: 200,
      body: found(call),
    })),
    route('PUT', REGISTRY_PATH, 'write', put),
    route('PATCH', REGISTRY_PATH, 'write', patch),
    route('DELETE', REGISTRY_PATH, 'delete', remove),
  ];

  function found(call: Call): unknown {
    const ghost = plane.operations.ghost(decodeURI(call.path));
    return ghost ?? registryBody(plane, registryOf(plane, call), versionOf(call));
  }

  /** Registries that the caller may read: a list is filtered instead of refused. */
  function list(call: Call): ApiReply {
    const { objectId: principalId } = call.principal;
    const readable = [...plane.arm.registries.values()].filter(
      (one) =>
        (call.params['group'] === undefined || isIn(one, call)) &&
        isAllowed(plane.arm.roleAssignments, {
          principalId,
          action: `${TYPE}/read`,
          scope: registryId(plane.arm, one),
          plane: 'control',
        }),
    );
    return { status: 200, body: { value: readable.map((one) => registryBody(plane, one, versionOf(call))) } };
  }

  function put(call: Call): ApiReply {
    const name = call.params['registry'] ?? '';
    if (!/^[a-zA-Z0-9]{5,50}$/.test(name)) {
      throw badRequest(
        'InvalidResourceName',
        `The registry name '${name}' is invalid: use 5 to 50 alphanumeric characters.`,
      );
    }
    const body = armBody(call, putBody);
    const before = plane.arm.registries.get(name);
    if (before && !isIn(before, call)) {
      throw conflict('AlreadyInUse', `The registry DNS name ${name.toLowerCase()}.azurecr.io is already in use.`);
    }
    const now = plane.clock.now().toISOString();
    const empty = {
      repositories: new Collection<Repository>(),
      replications: new Collection<Replication>(),
      scopeMaps: new Collection(systemScopeMaps(now, madeBy(plane, call))),
      tokens: new Collection<Token>(),
      connectedRegistries: new Collection<ConnectedRegistry>(),
    };
    const registry: Registry = {
      ...(before ?? empty),
      name: before?.name ?? name,
      resourceGroup: groupOf(plane, call).name,
      location: before?.location ?? body.location,
      sku: body.sku.name,
      dataEndpointEnabled: body.properties?.dataEndpointEnabled ?? before?.dataEndpointEnabled ?? false,
      adminUserEnabled: body.properties?.adminUserEnabled ?? before?.adminUserEnabled ?? false,
      anonymousPullEnabled: body.properties?.anonymousPullEnabled ?? before?.anonymousPullEnabled ?? false,
      options: { ...before?.options, ...optionsIn(body.properties) },
      tags: body.tags ?? {},
      madeWith: before?.madeWith ?? versionOf(call),
      creationDate: before?.creationDate ?? now,
      systemData: before ? changedBy(plane, call, before.systemData) : madeBy(plane, call),
    };
    const done = save(call, registry);
    const generation = generationOf(registry);
    if (before || !generation.makesRegistriesLater) return done;
    const resource = registryId(plane.arm, registry);
    plane.operations.forget(resource);
    const following = { resource, within: resource, prefix: 'registries', kind: 'registryPut' } as const;
    return resourceReply(plane, call, { ...following, signed: generation.signsOperations, created: true }, () =>
      registryBody(plane, registry, versionOf(call)),
    );
  }

  function patch(call: Call): ApiReply {
    const before = registryOf(plane, call);
    const body = armBody(call, patchBody);
    return save(call, {
      ...before,
      sku: body.sku?.name ?? before.sku,
      dataEndpointEnabled: body.properties?.dataEndpointEnabled ?? before.dataEndpointEnabled,
      adminUserEnabled: body.properties?.adminUserEnabled ?? before.adminUserEnabled,
      anonymousPullEnabled: body.properties?.anonymousPullEnabled ?? before.anonymousPullEnabled ?? false,
      options: { ...before.options, ...optionsIn(body.properties) },
      tags: body.tags ?? before.tags,
      systemData: changedBy(plane, call, before.systemData),
    });
  }

  function save(call: Call, registry: Registry): ApiReply {
    if (registry.dataEndpointEnabled && registry.sku !== 'Premium') {
      throw badRequest('FeatureNotSupported', 'Dedicated data endpoints are supported by the Premium SKU only.');
    }
    if (registry.connectedRegistries.size > 0 && !(registry.dataEndpointEnabled && registry.sku === 'Premium')) {
      throw conflict(
        'ConnectedRegistriesExist',
        `The registry '${registry.name}' has connected registries: they need the Premium SKU and the dedicated data endpoint.`,
      );
    }
    plane.arm.registries.set(registry);
    return { status: 200, body: registryBody(plane, registry, versionOf(call)) };
  }

  function remove(call: Call): ApiReply {
    const name = call.params['registry'] ?? '';
    const registry = plane.arm.registries.get(name);
    if (!registry || !isIn(registry, call)) return { status: 204 };
    plane.arm.registries.delete(name);
    // Synchronous until 2024; in 2026 recorded as asynchronous, with 202 and the registry.
    if (versionOf(call) < '2025') return { status: 200 };
    const resource = registryId(plane.arm, registry);
    const body = (): unknown => registryBody(plane, registry, versionOf(call));
    const following = {
      resource,
      within: resource,
      prefix: `delete-${registry.name}`,
      kind: 'registryDelete',
      signed: true,
      polledBelow: locationResults(plane, registry.location),
      busy: 'Deleting',
      result: { status: 200 },
    } as const;
    return locationReply(plane, call, { ...following, ghost: body }, body);
  }
}

/** The options of a write that are stored and returned unchanged. */
function optionsIn(given: Properties = {}): RegistryOptions {
  const { publicNetworkAccess, networkRuleBypassOptions, zoneRedundancy, metadataSearch, roleAssignmentMode } = given;
  const defaultAction = given.networkRuleSet?.defaultAction;
  const all = {
    publicNetworkAccess,
    networkRuleBypassOptions,
    zoneRedundancy,
    metadataSearch,
    roleAssignmentMode,
    defaultAction,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function isIn(registry: Registry, call: Call): boolean {
  return sameName(call.params['group'], registry.resourceGroup);
}
