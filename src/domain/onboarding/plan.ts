import type { PlannedWrite, Problem } from '@connected-registry/protocol/answers/answers';
import type { PlannedAccess } from '../access/plannedAccess.js';
import type { PlannedPoller } from '../polling/plannedPoller.js';
import type { HeldToken } from '../tokens/heldToken.js';
import type { SyncFacts } from '@connected-registry/protocol/registry/syncSchedule';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import type { MadeByUs, VerifiedPull } from '@connected-registry/protocol/names/secretTags';

export type { DryRunAnswer, PlannedWrite } from '@connected-registry/protocol/answers/answers';

/** The credential in the main secret, if it matches the token's present state. */
export interface StoredCredential {
  readonly name: string;
  readonly version: string;
  readonly slot: SlotName;
  readonly expiresOn: string;
  readonly pull?: VerifiedPull;
}

/**
 * Whether to keep the stored credential or issue another. `earlierPassword`: creation time (ISO 8601) of the password
 * that the slot holds now; absent for an empty slot.
 */
export type CredentialPlan =
  | { readonly kind: 'keep'; readonly stored: StoredCredential }
  | {
      readonly kind: 'issue';
      readonly slot: SlotName;
      readonly replacesLivePassword: boolean;
      readonly earlierPassword?: string;
    };

/** A token that a revocation disabled. The onboarding that clears the revocation enables it again. */
export interface RevokedToken {
  /** Creation times (ISO 8601) of the passwords that it holds. None of them may ever work again. */
  readonly passwords: readonly string[];
}

/** The token of an onboarding. */
interface PlannedToken {
  readonly exists: boolean;
  /** Creation time of the existing token (ISO 8601). */
  readonly createdAt?: string;
  /** Scope map of the existing token, if it is another than the request's. */
  readonly earlierScopeMap?: string;
  readonly revoked?: RevokedToken;
  /**
   * The token exists, others have made it, and the run takes it over: an operator requests that, or an earlier run was
   * to.
   */
  readonly isAdopted?: true;
  /** What the client's record is to keep about it. */
  readonly held?: HeldToken;
}

/** What preflight found, and what the run will do. Small, since it is kept in the durable history. */
export interface OnboardingPlan {
  /** ISO 8601. The run did not create resources that are older than this. */
  readonly checkedAt: string;
  readonly problems: readonly Problem[];
  readonly writes: readonly PlannedWrite[];
  /** Existing resources that are used unchanged. */
  readonly adopts: readonly string[];
  /** host:port that the secret is for. */
  readonly endpoint: string;
  readonly sync: SyncFacts;
  readonly scopeMap: 'absent' | 'same' | 'other';
  /** The request asks to restore the rights of this app's map, which were changed. */
  readonly restoresScopeMap?: true;
  readonly token: PlannedToken;
  /** Which of map and token this app will have created once the run has created the missing ones. */
  readonly made: MadeByUs;
  readonly bound: boolean;
  /** Current version of the main secret, whichever credential it holds. */
  readonly mainVersion?: string;
  readonly credential: CredentialPlan;
  /** Present if the request names the device's identity. */
  readonly access?: PlannedAccess;
  /** Present if the request names another poller than the client's record. */
  readonly poller?: PlannedPoller;
  /** What the run leaves to be done by hand, since the token was made by others. */
  readonly byHand?: readonly string[];
  /** Slots of such a token whose passwords of others keep working. */
  readonly working?: readonly SlotName[];
}

/** Whether there is nothing to write and the stored credential has passed a pull check. */
export function isConverged(plan: OnboardingPlan): boolean {
  return plan.writes.length === 0 && plan.credential.kind === 'keep' && plan.credential.stored.pull !== undefined;
}
