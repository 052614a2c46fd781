import { z } from 'zod';
import { REGISTRY_TIERS } from '../../../src/domain/armEnumerations.js';
import { caseless } from '../http/caseless.js';
import { isAllowed } from '../access/authorize.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../pipeline.js';
import type { Plane } from '../plane.js';
import { Collection } from '../state/collection.js';
import type { ConnectedRegistry, Registry, Repository, Token } from '../state/registryState.js';
import { armBody, armRoute, groupOf, registryOf } from './armRoute.js';
import { badRequest, conflict } from './errors.js';
import { GROUP_PATH, REGISTRY_PATH, registryId, SUBSCRIPTION_PATH } from './ids.js';
import { systemScopeMaps } from './systemScopeMaps.js';
import { armTime, changedBy, madeBy, systemDataBody } from './timestamps.js';
import { orUndefined } from '../http/orUndefined.js';

const TYPE = 'Microsoft.ContainerRegistry/registries';

const properties = z.object({
  dataEndpointEnabled: z.boolean().nullish().transform(orUndefined),
  adminUserEnabled: z.boolean().nullish().transform(orUndefined),
});
const sku = z.object({ name: caseless(REGISTRY_TIERS) });
const putBody = z.object({
  location: z.string().min(1),
  sku,
  tags: z.record(z.string(), z.string()).nullish().transform(orUndefined),
  properties: properties.nullish().transform(orUndefined),
});
const patchBody = putBody.partial();

/** Container registries themselves: as much as their tokens and connected registries need. */
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
      body: registryBody(plane, registryOf(plane, call)),
    })),
    route('PUT', REGISTRY_PATH, 'write', put),
    route('PATCH', REGISTRY_PATH, 'write', patch),
    route('DELETE', REGISTRY_PATH, 'delete', remove),
  ];

  /** Those that the caller may read: a list is filtered, not refused. */
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
    return { status: 200, body: { value: readable.map((one) => registryBody(plane, one)) } };
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
      tags: body.tags ?? {},
      creationDate: before?.creationDate ?? now,
      systemData: before ? changedBy(plane, call, before.systemData) : madeBy(plane, call),
    };
    return save(registry);
  }

  function patch(call: Call): ApiReply {
    const before = registryOf(plane, call);
    const body = armBody(call, patchBody);
    return save({
      ...before,
      sku: body.sku?.name ?? before.sku,
      dataEndpointEnabled: body.properties?.dataEndpointEnabled ?? before.dataEndpointEnabled,
      adminUserEnabled: body.properties?.adminUserEnabled ?? before.adminUserEnabled,
      tags: body.tags ?? before.tags,
      systemData: changedBy(plane, call, before.systemData),
    });
  }

  function save(registry: Registry): ApiReply {
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
    return { status: 200, body: registryBody(plane, registry) };
  }

  function remove(call: Call): ApiReply {
    const name = call.params['registry'] ?? '';
    const registry = plane.arm.registries.get(name);
    if (!registry || !isIn(registry, call)) return { status: 204 };
    plane.arm.registries.delete(name);
    return { status: 200 };
  }
}

function isIn(registry: Registry, call: Call): boolean {
  return registry.resourceGroup.toLowerCase() === call.params['group']?.toLowerCase();
}

function registryBody(plane: Plane, registry: Registry): unknown {
  const host = registry.name.toLowerCase();
  const id = registryId(plane.arm, registry);
  const isPremium = registry.sku === 'Premium';
  return {
    sku: { name: registry.sku, tier: registry.sku },
    type: TYPE,
    id,
    name: registry.name,
    location: registry.location,
    tags: registry.tags,
    systemData: systemDataBody(registry.systemData),
    properties: {
      loginServer: `${host}.azurecr.io`,
      creationDate: armTime(registry.creationDate),
      provisioningState: 'Succeeded',
      adminUserEnabled: registry.adminUserEnabled,
      ...(isPremium ? { networkRuleSet: { defaultAction: 'Allow', ipRules: [] } } : {}),
      policies: {
        quarantinePolicy: { status: 'disabled' },
        trustPolicy: { type: 'Notary', status: 'disabled' },
        retentionPolicy: { days: 7, lastUpdatedTime: armTime(registry.creationDate), status: 'disabled' },
        exportPolicy: { status: 'enabled' },
        azureADAuthenticationAsArmPolicy: { status: 'enabled' },
        softDeletePolicy: { retentionDays: 7, lastUpdatedTime: armTime(registry.creationDate), status: 'disabled' },
      },
      encryption: { status: 'disabled' },
      dataEndpointEnabled: registry.dataEndpointEnabled,
      dataEndpointHostNames: registry.dataEndpointEnabled ? [`${host}.${registry.location}.data.azurecr.io`] : [],
      privateEndpointConnections: [],
      publicNetworkAccess: 'Enabled',
      networkRuleBypassOptions: 'AzureServices',
      zoneRedundancy: 'Disabled',
      anonymousPullEnabled: false,
    },
  };
}
