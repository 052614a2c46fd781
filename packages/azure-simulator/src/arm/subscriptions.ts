import { sameName } from '@connected-registry/protocol/names/sameName';
import { hasAnyRole, isAllowed } from '../access/authorize.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { armRoute, groupOf } from './armRoute.js';
import { badRequest } from './errors.js';
import { GROUP_PATH, groupId, hubId, registryId, SUBSCRIPTION_PATH, topicId, vaultId } from './ids.js';

interface ListedResource {
  id: string;
  name: string;
  type: string;
  location: string;
  tags: Record<string, string>;
  sku?: { name: string; tier: string };
}

/** Routes of tenants, subscriptions, resource groups and the generic resource list, which clients read first. */
export function subscriptionRoutes(plane: Plane): Route[] {
  const resources = 'Microsoft.Resources/subscriptions/resources/read';
  return [
    armRoute(plane, {
      method: 'GET',
      path: '/tenants',
      action: 'Microsoft.Resources/tenants/read',
      open: true,
      handle: () => ({ status: 200, body: { value: [tenantBody(plane)] } }),
    }),
    armRoute(plane, {
      method: 'GET',
      path: '/subscriptions',
      action: 'Microsoft.Resources/subscriptions/read',
      open: true,
      handle: (call) => ({
        status: 200,
        body: { value: seesSubscription(plane, call) ? [subscriptionBody(plane)] : [] },
      }),
    }),
    armRoute(plane, {
      method: 'GET',
      path: SUBSCRIPTION_PATH,
      action: 'Microsoft.Resources/subscriptions/read',
      open: true,
      handle: () => ({ status: 200, body: subscriptionBody(plane) }),
    }),
    armRoute(plane, {
      method: 'GET',
      path: `${SUBSCRIPTION_PATH}/resourceGroups`,
      action: 'Microsoft.Resources/subscriptions/resourceGroups/read',
      open: true,
      handle: (call) => ({
        status: 200,
        body: {
          value: [...plane.arm.resourceGroups.values()]
            .filter((group) =>
              hasAnyRole(plane.arm.roleAssignments, call.principal.objectId, groupId(plane.arm, group.name)),
            )
            .map((group) => groupBody(plane, group)),
        },
      }),
    }),
    armRoute(plane, {
      method: 'GET',
      path: GROUP_PATH,
      action: 'Microsoft.Resources/subscriptions/resourceGroups/read',
      handle: (call) => ({ status: 200, body: groupBody(plane, groupOf(plane, call)) }),
    }),
    armRoute(plane, {
      method: 'GET',
      path: `${SUBSCRIPTION_PATH}/resources`,
      action: resources,
      open: true,
      handle: (call) => listResources(plane, call, ''),
    }),
    armRoute(plane, {
      method: 'GET',
      path: `${GROUP_PATH}/resources`,
      action: resources,
      open: true,
      handle: (call) => listResources(plane, call, groupId(plane.arm, groupOf(plane, call).name)),
    }),
  ];
}

function seesSubscription(plane: Plane, call: Call): boolean {
  const scope = `/subscriptions/${plane.arm.subscriptionId}`;
  return hasAnyRole(plane.arm.roleAssignments, call.principal.objectId, scope);
}

/** Only resources that the caller may read, as in ARM's list. */
function listResources(plane: Plane, call: Call, below: string): ApiReply {
  const wanted = resourceFilter(call.query.get('$filter') ?? '');
  const value = allResources(plane).filter(
    (one) =>
      one.id.toLowerCase().startsWith(below.toLowerCase()) &&
      (wanted.resourcetype === undefined || sameName(one.type, wanted.resourcetype)) &&
      (wanted.name === undefined || sameName(one.name, wanted.name)) &&
      isAllowed(plane.arm.roleAssignments, {
        principalId: call.principal.objectId,
        action: `${one.type}/read`,
        scope: one.id,
        plane: 'control',
      }),
  );
  return { status: 200, body: { value } };
}

/**
 * Reads a filter of the fields `name` and `resourceType`, each compared once. Source: Azure docs,
 * rest/api/resources/resources/list.
 */
function resourceFilter(filter: string): { readonly [Field in 'name' | 'resourcetype']?: string } {
  if (filter.trim() === '') return {};
  const wanted = filter.split(/\s+and\s+/i).map((one) => /^\s*(name|resourceType)\s+eq\s+'([^']+)'\s*$/i.exec(one));
  const fields = wanted.map((one) => one?.[1]?.toLowerCase());
  if (wanted.includes(null) || new Set(fields).size < fields.length)
    throw badRequest('InvalidFilterInQueryString', `Invalid $filter '${filter}' specified in the query string.`);
  return Object.fromEntries(wanted.map((one, index) => [fields[index], one?.[2]]));
}

function allResources(plane: Plane): ListedResource[] {
  const location = [...plane.arm.resourceGroups.values()][0]?.location ?? '';
  return [
    ...[...plane.arm.registries.values()].map((registry) => ({
      id: registryId(plane.arm, registry),
      name: registry.name,
      type: 'Microsoft.ContainerRegistry/registries',
      sku: { name: registry.sku, tier: registry.sku },
      location: registry.location,
      tags: registry.tags,
    })),
    {
      id: vaultId(plane.arm),
      name: plane.arm.vaultName,
      type: 'Microsoft.KeyVault/vaults',
      location,
      tags: {},
    },
    {
      id: hubId(plane.arm, plane.hub.state.name),
      name: plane.hub.state.name,
      type: 'Microsoft.Devices/IotHubs',
      sku: { name: 'S1', tier: 'Standard' },
      location,
      tags: {},
    },
    ...plane.broker.topics().map((topic) => ({
      id: topicId(plane.arm, topic),
      name: topic.name,
      type: 'Microsoft.EventGrid/topics',
      location,
      tags: {},
    })),
  ];
}

function tenantBody(plane: Plane): unknown {
  const id = plane.arm.tenantId;
  return { id: `/tenants/${id}`, tenantId: id, tenantCategory: 'Home', displayName: 'Local', defaultDomain: 'local' };
}

function subscriptionBody(plane: Plane): unknown {
  const { subscriptionId, tenantId } = plane.arm;
  return {
    id: `/subscriptions/${subscriptionId}`,
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionId,
    tenantId,
    displayName: 'Local',
    state: 'Enabled',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
  };
}

function groupBody(plane: Plane, group: { name: string; location: string; tags: Record<string, string> }): unknown {
  return {
    id: groupId(plane.arm, group.name),
    name: group.name,
    type: 'Microsoft.Resources/resourceGroups',
    location: group.location,
    tags: group.tags,
    properties: { provisioningState: 'Succeeded' },
  };
}
