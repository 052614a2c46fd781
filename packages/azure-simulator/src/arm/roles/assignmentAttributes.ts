import { z } from 'zod';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import type { AssignmentAttributes } from '../../access/assignmentCondition.js';
import { ROLES } from '../../access/roles.js';
import type { Call } from '../../http/route.js';
import type { Plane } from '../../plane.js';

const properties = z.object({
  properties: z.object({ roleDefinitionId: z.string(), principalType: z.string().optional() }),
});

/** The scope of a call on role assignments or definitions. */
export function scopeOf(call: Call): string {
  const path = decodeURI(call.path);
  return path.slice(0, path.toLowerCase().indexOf('/providers/microsoft.authorization/'));
}

/**
 * What conditions compare: the request of a write, and the existing assignment of a deletion. A write without a
 * principal type has none to compare, as the docs of the attribute say.
 */
export function assignmentAttributes(plane: Plane, call: Call): AssignmentAttributes | undefined {
  if (call.method === 'PUT') {
    const body = properties.safeParse(parseJson(call.body.toString('utf8'))).data?.properties;
    const role = body?.roleDefinitionId.split('/').at(-1)?.toLowerCase() ?? '';
    return { role, principalType: body?.principalType?.toLowerCase() ?? '' };
  }
  const found = plane.arm.roleAssignments.find(scopeOf(call), call.params['assignment'] ?? '');
  if (!found) return undefined;
  const role = ROLES[found.role]?.id ?? found.role;
  return { role, principalType: (found.principalType ?? 'ServicePrincipal').toLowerCase() };
}
