import { sameName } from '@connected-registry/protocol/names/sameName';
import { z } from 'zod';
import { covers } from '../../access/authorize.js';
import { ROLES, type RoleAssignment } from '../../access/roles.js';
import { isSimulatedCondition } from '../../access/assignmentCondition.js';
import { orUndefined, withoutUndefined } from '../../http/orUndefined.js';
import type { ApiReply } from '../../http/message.js';
import type { Call, Route } from '../../http/route.js';
import type { Plane } from '../../plane.js';
import { armBody, resourceRoutes, versionOf } from '../armRoute.js';
import { armError, badRequest, conflict } from '../errors.js';
import { GROUP_PATH, REGISTRY_PATH, RESOURCE_PATH, SUBSCRIPTION_PATH } from '../ids.js';
import { scopeOf } from './assignmentAttributes.js';
import { permissionRoutes } from './permissions.js';
import { roleDefinitionId } from './roleDefinitions.js';
import { armTimeUtc } from '../timestamps.js';

const TYPE = 'Microsoft.Authorization/roleAssignments';
/** Creation time of the assignments that exist from the start. */
const SEEDED = '2020-01-01T00:00:00Z';
const VAULT_PATH = `${GROUP_PATH}/providers/Microsoft.KeyVault/vaults/{vault}`;
const SCOPES = [
  SUBSCRIPTION_PATH,
  GROUP_PATH,
  REGISTRY_PATH,
  VAULT_PATH,
  `${VAULT_PATH}/secrets/{secret}`,
  RESOURCE_PATH,
];

const text = z.string().nullish().transform(orUndefined);
const body = z.object({
  properties: z.object({
    roleDefinitionId: z.string().min(1),
    principalId: z.string().min(1),
    principalType: text,
    condition: text,
    conditionVersion: text,
    description: text,
  }),
});

/**
 * Routes of role assignments: for example, a device may read its own secret and no other (Azure docs: key-vault
 * rbac-guide).
 */
export function roleAssignmentRoutes(plane: Plane): Route[] {
  const ofScopes = SCOPES.flatMap((scope) => {
    const place = { type: TYPE, all: `${scope}/providers/${TYPE}`, name: 'assignment' };
    return resourceRoutes(plane, place, { list, get, put, remove });
  });
  return [...ofScopes, ...permissionRoutes(plane, SCOPES)];

  function list(call: Call): ApiReply {
    const keep = listFilter(call, scopeOf(call));
    const value = [...plane.arm.roleAssignments.values()].filter(keep).map((one) => assignmentBody(plane, call, one));
    return { status: 200, body: { value } };
  }

  function get(call: Call): ApiReply {
    const found = find(plane, call);
    if (found) return { status: 200, body: assignmentBody(plane, call, found) };
    const name = call.params['assignment'] ?? '';
    throw armError(404, 'RoleAssignmentNotFound', `The role assignment '${name}' is not found.`);
  }

  function put(call: Call): ApiReply {
    const { roleDefinitionId: definitionId, principalId, ...rest } = armBody(call, body).properties;
    const wantedRole = definitionId.split('/').at(-1)?.toLowerCase() ?? '';
    const role =
      Object.keys(ROLES).find((name) => ROLES[name]?.id === wantedRole) ??
      plane.arm.roleAssignments.definitions.get(wantedRole)?.name;
    if (role === undefined) {
      throw badRequest(
        'RoleDefinitionDoesNotExist',
        `The specified role definition with ID '${wantedRole}' does not exist.`,
      );
    }
    // With a type, the principal is not looked up, because it may be too new to be found (Azure docs:
    // role-based-access-control role-assignments-template, "New service principal"; recorded).
    const isKnown = rest.principalType !== undefined || plane.identities.some((one) => one.objectId === principalId);
    if (!isKnown) {
      throw badRequest(
        'PrincipalNotFound',
        `Principal ${principalId} does not exist in the directory ${plane.arm.tenantId}.`,
      );
    }
    if (rest.condition !== undefined && !isSimulatedCondition(rest.condition)) {
      throw badRequest(
        'InvalidCondition',
        'The simulator evaluates conditions on roles and principal types of role assignments only, in the documented ' +
          'form "Constrain roles and principal types"; this one has another form, and would be ignored.',
      );
    }
    const before = find(plane, call);
    // The end of the write is stored, and its start is reported as the creation: two different instants in every
    // recording.
    const started = plane.clock.now().getTime();
    const by = call.principal.objectId;
    const now = { on: new Date(started + 1).toISOString(), by };
    const wanted: RoleAssignment = {
      name: before?.name ?? call.params['assignment'] ?? '',
      principalId,
      role,
      scope: scopeOf(call),
      ...withoutUndefined(rest),
      created: before?.created ?? now,
      updated: now,
    };
    const isSame = (one: RoleAssignment): boolean =>
      sameName(one.scope, wanted.scope) &&
      one.principalId === principalId &&
      one.role === role &&
      one.name !== wanted.name;
    if ([...plane.arm.roleAssignments.of(principalId)].some(isSame))
      throw conflict('RoleAssignmentExists', 'The role assignment already exists.');
    if (!before && plane.arm.roleAssignments.size >= plane.settings.roleAssignmentsPerSubscription) {
      // The docs give the code and the text, and no status.
      throw badRequest('RoleAssignmentLimitExceeded', 'No more role assignments can be created.');
    }
    plane.arm.roleAssignments.set(wanted);
    // Recorded also for an existing assignment: 201, and the answer has no creator.
    const created = { on: new Date(started).toISOString(), by: '' };
    // Before 2020-04 both times were the start (recorded).
    const updated = versionOf(call) < '2020-04' ? { ...now, on: created.on } : now;
    return { status: 201, body: assignmentBody(plane, call, { ...wanted, created, updated }) };
  }

  function remove(call: Call): ApiReply {
    const found = find(plane, call);
    if (!found) return { status: 204 };
    plane.arm.roleAssignments.remove(found);
    // Since 2022-04 the answer reports the deletion as the last change (recorded); before that, the last write.
    const isOld = versionOf(call) < '2022-04';
    const updated = { on: plane.clock.now().toISOString(), by: call.principal.objectId };
    return { status: 200, body: assignmentBody(plane, call, isOld ? found : { ...found, updated }) };
  }
}

/**
 * With `atScope()`: at the scope and above it; without: also below it. Limited to one principal if the filter names
 * one.
 */
function listFilter(call: Call, scope: string): (one: RoleAssignment) => boolean {
  const filter = call.query.get('$filter') ?? '';
  const onlyAtScope = /atScope\(\)/i.test(filter);
  const principal = /(?:principalId\s+eq\s+|assignedTo\()'([^']+)'/i.exec(filter)?.[1];
  return (one) =>
    (covers(one.scope, scope) || (!onlyAtScope && covers(scope, one.scope))) &&
    (principal === undefined || sameName(one.principalId, principal));
}

function find(plane: Plane, call: Call): RoleAssignment | undefined {
  return plane.arm.roleAssignments.find(scopeOf(call), call.params['assignment'] ?? '');
}

function assignmentBody(plane: Plane, call: Call, one: RoleAssignment): unknown {
  const role = ROLES[one.role]?.id ?? one.role;
  // Absent in earlier api-versions (recorded).
  const hasMore = versionOf(call) >= '2020-04';
  return {
    id: `${one.scope}/providers/${TYPE}/${one.name}`,
    name: one.name,
    type: TYPE,
    properties: {
      roleDefinitionId: roleDefinitionId(plane, role),
      principalId: one.principalId,
      principalType: one.principalType ?? 'ServicePrincipal',
      scope: one.scope,
      ...(hasMore ? { condition: one.condition ?? null, conditionVersion: one.conditionVersion ?? null } : {}),
      createdOn: armTimeUtc(one.created?.on ?? SEEDED),
      updatedOn: armTimeUtc(one.updated?.on ?? SEEDED),
      createdBy: one.created?.by === '' ? null : (one.created?.by ?? ''),
      updatedBy: one.updated?.by ?? '',
      ...(hasMore ? { delegatedManagedIdentityResourceId: null, description: one.description ?? null } : {}),
    },
  };
}
