import type { Call } from '../pipeline.js';
import type { Plane } from '../plane.js';
import type { SystemData } from '../state/registryState.js';

/** As the registry service writes times: seven digits of a second, `+00:00`. */
export function armTime(iso: string): string {
  return new Date(iso).toISOString().replace(/(\.\d{3})Z$/, '$10000+00:00');
}

export function madeBy(plane: Plane, call: Pick<Call, 'principal'>): SystemData {
  const now = plane.clock.now().toISOString();
  const who = call.principal.clientId;
  return { createdBy: who, createdAt: now, lastModifiedBy: who, lastModifiedAt: now };
}

export function changedBy(plane: Plane, call: Pick<Call, 'principal'>, before: SystemData): SystemData {
  return {
    ...before,
    lastModifiedBy: call.principal.clientId,
    lastModifiedAt: plane.clock.now().toISOString(),
  };
}

export function systemDataBody(data: SystemData): unknown {
  return {
    createdBy: data.createdBy,
    createdByType: 'Application',
    createdAt: armTime(data.createdAt),
    lastModifiedBy: data.lastModifiedBy,
    lastModifiedByType: 'Application',
    lastModifiedAt: armTime(data.lastModifiedAt),
  };
}
