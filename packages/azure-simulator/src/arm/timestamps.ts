import type { Call } from '../http/route.js';
import type { Plane } from '../plane.js';
import type { SystemData } from '../state/registryState.js';

/** As the registry service writes times: seven digits of a second, `+00:00`. */
export function armTime(iso: string): string {
  return armTimeUtc(iso).replace(/Z$/, '+00:00');
}

/** As it writes the dates of registries and replications, and role assignments theirs: the same digits, `Z`. */
export function armTimeUtc(iso: string): string {
  return new Date(iso).toISOString().replace(/(\.\d{3})Z$/, '$10000Z');
}

/**
 * Who made what when. Scope maps, tokens and connected registries are made anew, by this, with every write: a PATCH resets
 * `createdAt` (126 of 126 recorded), while `creationDate` and passwords' `creationTime` stay.
 */
export function madeBy(plane: Plane, call: Pick<Call, 'principal'>): SystemData {
  const now = plane.clock.now().toISOString();
  const who = call.principal.clientId;
  return { createdBy: who, createdAt: now, lastModifiedBy: who, lastModifiedAt: now };
}

/** A registry keeps when it was made; its children do not: see {@link madeBy}. */
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

/** Not in the api-versions of 2019 (recorded). */
export function systemDataIn(version: string, data: SystemData): { systemData?: unknown } {
  return version < '2020' ? {} : { systemData: systemDataBody(data) };
}
