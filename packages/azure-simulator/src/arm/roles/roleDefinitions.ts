import { z } from 'zod';
import { sameName } from '@connected-registry/protocol/names/sameName';
import { covers } from '../../access/authorize.js';
import { CUSTOM_ROLES, ROLES, type CustomRole, type RoleDefinition } from '../../access/roles.js';
import { orUndefined } from '../../http/orUndefined.js';
import type { ApiReply } from '../../http/message.js';
import type { Call, Route } from '../../http/route.js';
import type { Plane } from '../../plane.js';
import { armBody, resourceRoutes } from '../armRoute.js';
import { armError, badRequest, conflict } from '../errors.js';
import { GROUP_PATH, RESOURCE_PATH, SUBSCRIPTION_PATH } from '../ids.js';
import { scopeOf } from './assignmentAttributes.js';
import { armTimeUtc } from '../timestamps.js';

const TYPE = 'Microsoft.Authorization/roleDefinitions';
/** Creation time of the roles that exist from the start. */
const SEEDED = '2020-01-01T00:00:00Z';

const patterns = z
  .array(z.string().min(1))
  .nullish()
  .transform((given) => given ?? []);
const putBody = z.object({
  properties: z.object({
    roleName: z.string().min(1).max(512),
    description: z.string().nullish().transform(orUndefined),
    assignableScopes: z.array(z.string().startsWith('/')).min(1),
    permissions: z
      .array(z.object({ actions: patterns, notActions: patterns, dataActions: patterns, notDataActions: patterns }))
      .min(1),
  }),
});

/**
 * Routes of role definitions: built-in ones can be read, custom ones can also be created (Azure docs:
 * role-based-access-control custom-roles; recordings).
 */
export function roleDefinitionRoutes(plane: Plane): Route[] {
  return [SUBSCRIPTION_PATH, GROUP_PATH, RESOURCE_PATH].flatMap((scope) => {
    const place = { type: TYPE, all: `${scope}/providers/${TYPE}`, name: 'role' };
    return resourceRoutes(plane, place, { list, get, put, remove });
  });

  function list(call: Call): ApiReply {
    const scope = scopeOf(call);
    const filter = call.query.get('$filter') ?? '';
    const name = /roleName\s+eq\s+'([^']*)'/i.exec(filter)?.[1];
    const type = /\btype\s+eq\s+'([^']*)'/i.exec(filter)?.[1];
    const custom = [...plane.arm.roleAssignments.definitions.values()]
      .filter(({ properties }) => properties.assignableScopes.some((one) => covers(one, scope) || covers(scope, one)))
      .map((one) => customBody(plane, one));
    const value = [...Object.entries(ROLES).map(([role, one]) => seededBody(plane, role, one)), ...custom].filter(
      ({ properties }) =>
        (name === undefined || sameName(properties.roleName, name)) &&
        (type === undefined || sameName(properties.type, type)),
    );
    return { status: 200, body: { value } };
  }

  function get(call: Call): ApiReply {
    const id = idOf(call);
    const custom = plane.arm.roleAssignments.definitions.get(id);
    if (custom) return { status: 200, body: customBody(plane, custom) };
    const seeded = Object.entries(ROLES).find(([, one]) => one.id === id);
    if (seeded) return { status: 200, body: seededBody(plane, ...seeded) };
    throw armError(404, 'RoleDefinitionDoesNotExist', `The specified role definition with ID '${id}' does not exist.`);
  }

  function put(call: Call): ApiReply {
    const id = idOf(call);
    const { description, ...rest } = armBody(call, putBody).properties;
    const properties = { ...rest, ...(description === undefined ? {} : { description }) };
    if (Object.values(ROLES).some((one) => one.id === id))
      throw badRequest('BuiltInRoleCannotBeChanged', `The role definition '${id}' is built in and cannot be changed.`);
    const { definitions } = plane.arm.roleAssignments;
    const named = (name: string): boolean => sameName(name, properties.roleName);
    const isTaken =
      Object.keys(ROLES).some(named) ||
      [...definitions.values()].some((one) => one.name !== id && named(one.properties.roleName));
    if (isTaken) {
      throw conflict(
        'RoleDefinitionWithSameNameExists',
        `A custom role with the name '${properties.roleName}' exists already in this directory. Use another name.`,
      );
    }
    // The end of the write is stored, and its answer has the start, as with assignments (recorded).
    const started = plane.clock.now().getTime();
    const by = call.principal.objectId;
    const now = { on: new Date(started + 1).toISOString(), by };
    const role: CustomRole = { name: id, properties, created: definitions.get(id)?.created ?? now, updated: now };
    definitions.set(role);
    const on = new Date(started).toISOString();
    return { status: 201, body: customBody(plane, { ...role, created: { on, by: '' }, updated: { on, by } }) };
  }

  function remove(call: Call): ApiReply {
    const id = idOf(call);
    const { roleAssignments } = plane.arm;
    const found = roleAssignments.definitions.get(id);
    if (!found) return { status: 204 };
    if ([...roleAssignments.values()].some(({ role }) => role === id)) {
      throw badRequest(
        'RoleDefinitionHasAssignments',
        `There are existing role assignments referencing role '${id}'. Delete them first.`,
      );
    }
    roleAssignments.definitions.delete(id);
    const updated = { on: plane.clock.now().toISOString(), by: call.principal.objectId };
    return { status: 200, body: customBody(plane, { ...found, updated }) };
  }
}

function idOf(call: Call): string {
  return (call.params['role'] ?? '').toLowerCase();
}

/** The full id of a role, from its last part. */
export function roleDefinitionId(plane: Plane, id: string): string {
  return `/subscriptions/${plane.arm.subscriptionId}/providers/${TYPE}/${id}`;
}

function seededBody(plane: Plane, roleName: string, { id, actions, dataActions }: RoleDefinition) {
  const type = CUSTOM_ROLES.includes(roleName) ? 'CustomRole' : 'BuiltInRole';
  const permissions = [{ actions, notActions: [], dataActions, notDataActions: [] }];
  const times = { createdOn: armTimeUtc(SEEDED), updatedOn: armTimeUtc(SEEDED), createdBy: null, updatedBy: null };
  const properties = { roleName, type, description: roleName, assignableScopes: ['/'], permissions, ...times };
  return { properties, id: roleDefinitionId(plane, id), type: TYPE, name: id };
}

function customBody(plane: Plane, { name, properties, created, updated }: CustomRole) {
  const { roleName, description, assignableScopes, permissions } = properties;
  const times = {
    createdOn: armTimeUtc(created.on),
    updatedOn: armTimeUtc(updated.on),
    createdBy: created.by === '' ? null : created.by,
    updatedBy: updated.by,
  };
  const shown = { roleName, type: 'CustomRole', description: description ?? null, assignableScopes, permissions };
  return { properties: { ...shown, ...times }, id: roleDefinitionId(plane, name), type: TYPE, name };
}
