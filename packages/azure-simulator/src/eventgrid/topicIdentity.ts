import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { orUndefined } from '../http/orUndefined.js';
import type { Plane } from '../plane.js';
import type { TopicIdentity } from './eventGridState.js';

/** The identity in a write: the topic's own, user-assigned ones by id, both, or none. */
export const identity = z
  .object({
    type: z.string(),
    userAssignedIdentities: z.record(z.string(), z.unknown()).nullish().transform(orUndefined),
  })
  .nullish()
  .transform(orUndefined);
type Given = NonNullable<z.output<typeof identity>>;

/**
 * A system-assigned identity gets its ids when it is created, and keeps them: after a PATCH to user-assigned
 * identities, answers still show them (recorded). User-assigned identities always have the same ids.
 */
export function topicIdentityOf(
  plane: Plane,
  before: TopicIdentity | undefined,
  { type, userAssignedIdentities }: Given,
  isPatch: boolean,
): TopicIdentity {
  const isOwn = /systemassigned/i.test(type);
  const isOthers = /userassigned/i.test(type);
  const kept = isPatch && isOthers ? before?.principalId : undefined;
  const ids = Object.keys(userAssignedIdentities ?? {});
  const userAssigned = Object.fromEntries(
    ids.map((id) => [id, { principalId: guidFrom(`principal of ${id}`), clientId: guidFrom(`client of ${id}`) }]),
  );
  return {
    type,
    principalId: isOwn ? (before?.principalId ?? randomUUID()) : (kept ?? null),
    tenantId: isOwn || kept ? plane.arm.tenantId : null,
    ...(ids.length === 0 ? {} : { userAssigned }),
  };
}

function guidFrom(text: string): string {
  const hex = createHash('sha256').update(text.toLowerCase()).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** @param isWrite the answer to a write does not contain the ids of user-assigned identities (recorded) */
export function topicIdentityBody({ userAssigned, ...rest }: TopicIdentity, isWrite: boolean): unknown {
  const shown = Object.entries(userAssigned ?? {}).map(([id, ids]): [string, unknown] => [
    id,
    isWrite ? { principalId: null, clientId: null } : ids,
  ]);
  return { ...rest, userAssignedIdentities: shown.length === 0 ? null : Object.fromEntries(shown) };
}
