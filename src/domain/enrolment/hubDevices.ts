import type { HubKeys } from '@connected-registry/protocol/enrolment/hubKeys';
import type { HubTarget } from '@connected-registry/protocol/messages/deviceChannel';
import type { DeviceAccess } from './enrolment.js';

/** Maximum thumbprints of replaced keys that a record keeps. */
const MAX_REPLACED = 20;

/** Keys that a run has read in the twin of its client's device. */
export interface Vouching extends HubKeys {
  /** The hub that vouches for them. */
  readonly hub: HubTarget;
  /** When they were read (ISO 8601). */
  readonly readAt: string;
  /** When the run was requested (ISO 8601), or the time of the event that requested it. */
  readonly effectiveAt: string;
}

/**
 * - `current`: the record has these keys.
 * - `new`: they are to be recorded; the keys before them end.
 * - `late`: newer keys were read since. The sender reads the twin again.
 * - `ended`: they were replaced by others, or the client was revoked or offboarded after the run was requested.
 * - `joined`: the client's device has joined with a join token, and asks for its messages.
 */
export type VouchingVerdict = 'current' | 'new' | 'late' | 'ended' | 'joined';

/**
 * Judges keys that a hub vouches for. A key that was replaced stays ended, also if a twin shows it again: a copy of the
 * device from before may be running. It may come back if the client is onboarded anew, after its access has ended as a
 * whole.
 */
export function judgeVouching(
  { joined, keysEndedAt, replacedKeys }: DeviceAccess,
  { keys, thumbprint, readAt, effectiveAt }: Vouching,
): VouchingVerdict {
  if (keysEndedAt !== undefined && new Date(effectiveAt) <= new Date(keysEndedAt)) return 'ended';
  if (joined && !joined.hub) return 'joined';
  if (joined?.thumbprint === thumbprint && joined.keys.sealing.x === keys.sealing.x) return 'current';
  // A signing key with another sealing key is another pair: nobody but its owner has signed both.
  if (joined && new Date(readAt) < new Date(joined.keysSince)) return 'late';
  return replacedKeys?.includes(thumbprint) ? 'ended' : 'new';
}

/** Records keys that a hub vouches for, if they are new. The keys before them end. */
export function vouch<Access extends DeviceAccess>(access: Access, vouching: Vouching): Access {
  if (judgeVouching(access, vouching) !== 'new') return access;
  const { joined: before } = access;
  const { keys, thumbprint, hub, readAt } = vouching;
  const joined = { keys, thumbprint, hub, joinedAt: before ? before.joinedAt : readAt, keysSince: readAt };
  if (!before || before.thumbprint === thumbprint) return { ...access, joined };
  return { ...access, joined, replacedKeys: [...(access.replacedKeys ?? []), before.thumbprint].slice(-MAX_REPLACED) };
}
