import { covers } from '../../access/authorize.js';
import type { Call, Route } from '../../http/route.js';
import type { Plane } from '../../plane.js';
import { armRoute } from '../armRoute.js';
import { SUBSCRIPTION_PATH } from '../ids.js';
import { scopeOf } from './assignmentAttributes.js';

/**
 * Routes that say what a caller may do at a scope, and how many role assignments the subscription has (Azure docs:
 * role-based-access-control troubleshoot-limits; azure-rest-api-specs, authorization).
 *
 * @param scopes patterns of paths
 */
export function permissionRoutes(plane: Plane, scopes: readonly string[]): Route[] {
  return [
    ...scopes.map((scope) =>
      armRoute(plane, {
        method: 'GET',
        path: `${scope}/providers/Microsoft.Authorization/permissions`,
        action: 'Microsoft.Authorization/permissions/read',
        handle: (call) => ({ status: 200, body: { value: permissionsAt(plane, call) } }),
      }),
    ),
    armRoute(plane, {
      method: 'GET',
      path: `${SUBSCRIPTION_PATH}/providers/Microsoft.Authorization/roleAssignmentsUsageMetrics`,
      action: 'Microsoft.Authorization/roleAssignmentsUsageMetrics/read',
      handle: () => ({ status: 200, body: usageOf(plane) }),
    }),
  ];
}

function permissionsAt(plane: Plane, call: Call) {
  const { roleAssignments } = plane.arm;
  const scope = scopeOf(call);
  return [...roleAssignments.of(call.principal.objectId)]
    .filter((one) => covers(one.scope, scope))
    .flatMap((one) =>
      roleAssignments.permissionsOf(one).map((permission) => ({
        ...permission,
        ...(one.condition === undefined ? {} : { condition: one.condition, conditionVersion: one.conditionVersion }),
      })),
    );
}

function usageOf({ arm, settings }: Plane) {
  const limit = settings.roleAssignmentsPerSubscription;
  const count = arm.roleAssignments.size;
  return {
    subscriptionId: arm.subscriptionId,
    roleAssignmentsLimit: limit,
    roleAssignmentsCurrentCount: count,
    roleAssignmentsRemainingCount: Math.max(0, limit - count),
  };
}
