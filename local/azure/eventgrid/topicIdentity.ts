import { randomUUID } from 'node:crypto';
import type { Plane } from '../plane.js';
import type { TopicIdentity } from './eventGridState.js';

/** An identity of its own gets its ids when it is made, and keeps them. */
export function identityOf(plane: Plane, before: TopicIdentity | undefined, type: string): TopicIdentity {
  const isOwn = /systemassigned/i.test(type);
  return {
    type,
    principalId: isOwn ? (before?.principalId ?? randomUUID()) : null,
    tenantId: isOwn ? plane.arm.tenantId : null,
  };
}
