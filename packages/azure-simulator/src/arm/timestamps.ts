import type { Call } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { SystemData } from '../state/registryState.js';

/** The registry service's format of times: seven digits of a second, `+00:00`. */
export function armTime(iso: string): string {
  return armTimeUtc(iso).replace(/Z$/, '+00:00');
}

/** The format of dates of registries, replications and role assignments: the same digits, `Z`. */
export function armTimeUtc(iso: string): string {
  return new Date(iso).toISOString().replace(/(\.\d{3})Z$/, '$10000Z');
}

/**
 * Author and time of a write. Every write counts as the creation of scope maps, tokens and connected registries: a
 * PATCH resets `createdAt` (126 of 126 recorded), while `creationDate` and passwords' `creationTime` stay.
 */
export function madeBy(plane: Plane, call: Pick<Call, 'principal'>): SystemData {
  const now = plane.clock.now().toISOString();
  const who = call.principal.clientId;
  return { createdBy: who, createdAt: now, lastModifiedBy: who, lastModifiedAt: now };
}

/** A registry keeps its creation time; its children do not: see {@link madeBy}. */
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

/** Absent in the api-versions of 2019 (recorded). */
export function systemDataIn(version: string, data: SystemData): { systemData?: unknown } {
  return version < '2020' ? {} : { systemData: systemDataBody(data) };
}
