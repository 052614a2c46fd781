import { z } from 'zod';
import { ROLES, type RoleAssignment } from '../access/roles.js';
import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../pipeline.js';
import type { Plane } from '../plane.js';
import { armBody, armRoute } from './armRoute.js';
import { armError, badRequest, conflict } from './errors.js';
import { GROUP_PATH, REGISTRY_PATH, sameId, SUBSCRIPTION_PATH } from './ids.js';

const TYPE = 'Microsoft.Authorization/roleAssignments';
const VAULT_PATH = `${GROUP_PATH}/providers/Microsoft.KeyVault/vaults/{vault}`;
const SCOPES = [
  SUBSCRIPTION_PATH,
  GROUP_PATH,
  REGISTRY_PATH,
  VAULT_PATH,
  `${VAULT_PATH}/secrets/{secret}`,
  `${GROUP_PATH}/providers/Microsoft.EventGrid/topics/{topic}`,
  `${GROUP_PATH}/providers/Microsoft.Devices/IotHubs/{hub}`,
];

const body = z.object({
  properties: z.object({ roleDefinitionId: z.string().min(1), principalId: z.string().min(1) }),
});

/** Who may do what: for instance that a device reads its own secret, and no other (Azure docs: key-vault rbac-guide). */
export function roleAssignmentRoutes(plane: Plane): Route[] {
  return SCOPES.flatMap((scope) => {
    const all = `${scope}/providers/${TYPE}`;
    const item = `${all}/{assignment}`;
    return [
      armRoute(plane, { method: 'GET', path: all, action: `${TYPE}/read`, handle: list }),
      armRoute(plane, { method: 'GET', path: item, action: `${TYPE}/read`, handle: get }),
      armRoute(plane, { method: 'PUT', path: item, action: `${TYPE}/write`, handle: put }),
      armRoute(plane, { method: 'DELETE', path: item, action: `${TYPE}/delete`, handle: remove }),
    ];
  });

  function list(call: Call): ApiReply {
    const scope = scopeOf(call);
    const value = [...plane.arm.roleAssignments.values()]
      .filter((one) => sameId(one.scope, scope))
      .map((one) => assignmentBody(plane, one));
    return { status: 200, body: { value } };
  }

  function get(call: Call): ApiReply {
    const found = find(plane, call);
    if (found) return { status: 200, body: assignmentBody(plane, found) };
    const name = call.params['assignment'] ?? '';
    throw armError(404, 'RoleAssignmentNotFound', `The role assignment '${name}' is not found.`);
  }

  function put(call: Call): ApiReply {
    const { roleDefinitionId, principalId } = armBody(call, body).properties;
    const wantedRole = roleDefinitionId.split('/').at(-1)?.toLowerCase();
    const role = Object.keys(ROLES).find((name) => ROLES[name]?.id === wantedRole);
    if (role === undefined) {
      throw badRequest(
        'RoleDefinitionDoesNotExist',
        `The specified role definition with ID '${wantedRole ?? ''}' does not exist.`,
      );
    }
    if (!plane.identities.some((one) => one.objectId === principalId)) {
      throw badRequest(
        'PrincipalNotFound',
        `Principal ${principalId} does not exist in the directory ${plane.arm.tenantId}.`,
      );
    }
    const wanted: RoleAssignment = { name: call.params['assignment'] ?? '', principalId, role, scope: scopeOf(call) };
    const isSame = (one: RoleAssignment): boolean =>
      sameId(one.scope, wanted.scope) && one.principalId === principalId && one.role === role;
    if ([...plane.arm.roleAssignments.of(principalId)].some(isSame))
      throw conflict('RoleAssignmentExists', 'The role assignment already exists.');
    plane.arm.roleAssignments.set(wanted);
    return { status: 201, body: assignmentBody(plane, wanted) };
  }

  function remove(call: Call): ApiReply {
    const found = find(plane, call);
    if (!found) return { status: 204 };
    plane.arm.roleAssignments.remove(found);
    return { status: 200, body: assignmentBody(plane, found) };
  }
}

function find(plane: Plane, call: Call): RoleAssignment | undefined {
  return plane.arm.roleAssignments.find(scopeOf(call), call.params['assignment'] ?? '');
}

function scopeOf(call: Call): string {
  const path = decodeURI(call.path);
  return path.slice(0, path.toLowerCase().indexOf('/providers/microsoft.authorization/'));
}

function assignmentBody(plane: Plane, one: RoleAssignment): unknown {
  const role = ROLES[one.role]?.id ?? '';
  return {
    id: `${one.scope}/providers/${TYPE}/${one.name}`,
    name: one.name,
    type: TYPE,
    properties: {
      roleDefinitionId: `/subscriptions/${plane.arm.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
      principalId: one.principalId,
      principalType: 'ServicePrincipal',
      scope: one.scope,
    },
  };
}
