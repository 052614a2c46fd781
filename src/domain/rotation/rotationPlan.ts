import type { PlannedWrite, Problem } from '@connected-registry/protocol/answers/answers';
import type { MadeByUs, OldPassword } from '@connected-registry/protocol/names/secretTags';
import type { KnownSlot, SlotName } from '@connected-registry/protocol/registry/slots';
import type { SyncFacts, SyncStop } from '@connected-registry/protocol/registry/syncSchedule';

/** What a rotation found, and what it will do. Small, since it is kept in the durable history. */
export interface RotationPlan {
  /** ISO 8601. */
  readonly checkedAt: string;
  readonly problems: readonly Problem[];
  readonly writes: readonly PlannedWrite[];
  /** The outage that consumers will notice, as text; only for an urgent rotation. */
  readonly outage?: string;
  readonly token: string;
  readonly scopeMap: string;
  /** host:port that the secret is for. */
  readonly endpoint: string;
  /** The image that the device must pull. */
  readonly image: string;
  readonly credentialLifetimeDays: number;
  readonly made: MadeByUs;
  readonly mainVersion?: string;
  /** The slot for the new password. Chosen once, here: choosing again could overwrite the live password. */
  readonly slot: SlotName;
  /** Creation time (ISO 8601) of the password that the slot holds now; absent for an empty slot. */
  readonly earlierPassword?: string;
  /** The password that consumers use now, revoked after the overlap, or at once if urgent; absent if it is gone. */
  readonly live?: KnownSlot;
  /** An older password that must still be revoked, if the password in use is gone. */
  readonly olderPassword?: OldPassword;
  /** The other slot, if it is filled and the rotation is urgent: it is cleared too. */
  readonly clears?: SlotName;
  readonly sync: SyncFacts;
  /** The connected registries from the cloud to the client, the client's own last. */
  readonly syncPath: readonly SyncStop[];
  /**
   * Longest time, in seconds, until the edge receives a change; absent if a schedule of the sync path cannot be read.
   */
  readonly worstPathSeconds?: number;
  /** When the previous password's slot becomes free, unless the device acknowledges earlier (ISO 8601). */
  readonly slotFreeAt?: string;
}

/**
 * Seconds from a promotion until no consumer can need the previous password. If the time between syncs is unknown, the
 * rotation's sync deadline is used in its place.
 */
export function overlapSeconds(
  plan: Pick<RotationPlan, 'worstPathSeconds'>,
  limits: {
    readonly overlapSeconds: number;
    readonly agentRefreshSeconds: number;
    readonly syncDeadlineSeconds: number;
  },
): number {
  return Math.max(
    limits.overlapSeconds,
    limits.agentRefreshSeconds + (plan.worstPathSeconds ?? limits.syncDeadlineSeconds),
  );
}
