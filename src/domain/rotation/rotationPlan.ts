import type { PlannedWrite, Problem } from '@connected-registry/protocol/answers/answers';
import type { MadeByUs, OldPassword } from '@connected-registry/protocol/names/secretTags';
import type { KnownSlot, SlotName } from '@connected-registry/protocol/registry/slots';
import type { SyncFacts, SyncStop } from '@connected-registry/protocol/registry/syncSchedule';

/** What a rotation found, and what it will do. Small, since it stands in the durable history. */
export interface RotationPlan {
  /** ISO 8601. */
  readonly checkedAt: string;
  readonly problems: readonly Problem[];
  readonly writes: readonly PlannedWrite[];
  /** What consumers will notice, in words; only an urgent rotation costs them anything. */
  readonly outage?: string;
  readonly token: string;
  readonly scopeMap: string;
  /** host:port that the secret is for. */
  readonly endpoint: string;
  /** What the device is to pull. */
  readonly image: string;
  readonly credentialLifetimeDays: number;
  readonly made: MadeByUs;
  readonly mainVersion?: string;
  /** Where the new password goes. Chosen here once, and nowhere else. */
  readonly slot: SlotName;
  /** When the password that the slot holds now was made; absent for an empty slot. */
  readonly earlierPassword?: string;
  /** The password that consumers use now: revoked after the overlap, or, urgently, at once. Absent when it is gone. */
  readonly live?: KnownSlot;
  /** The password in use is gone, and one from before it is still to be revoked. */
  readonly stillToGo?: OldPassword;
  /** Urgent: the other slot holds something, which is cleared with it. */
  readonly clears?: SlotName;
  readonly sync: SyncFacts;
  /** The connected registries between cloud and client, from the cloud on; the client's own is the last. */
  readonly syncPath: readonly SyncStop[];
  /** Longest time until a change in the cloud is known at the edge; absent when a schedule on the way cannot be read. */
  readonly worstPathSeconds?: number;
  /** Until when the password before the present one keeps its slot, unless its end is acknowledged (ISO 8601). */
  readonly slotFreeAt?: string;
}

/**
 * Seconds from a promotion until nobody can still need the password before it. Where nobody can tell how far apart the
 * syncs are, the longest time that a rotation waits for one stands for it.
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
