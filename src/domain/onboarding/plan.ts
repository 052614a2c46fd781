import type { PlannedWrite, Problem } from '@connected-registry/protocol/answers/answers';
import type { HeldToken } from '../tokens/heldToken.js';
import type { SyncFacts } from '@connected-registry/protocol/registry/syncSchedule';
import type { SlotName } from '@connected-registry/protocol/registry/slots';
import type { MadeByUs, VerifiedPull } from '@connected-registry/protocol/names/secretTags';

export type { DryRunAnswer, PlannedWrite } from '@connected-registry/protocol/answers/answers';

/** A credential in the main secret that fits the token as it is now. */
export interface StoredCredential {
  readonly name: string;
  readonly version: string;
  readonly slot: SlotName;
  readonly expiresOn: string;
  readonly pull?: VerifiedPull;
}

/** `earlierPassword`: when the password that the slot holds now was made (ISO 8601); absent for an empty slot. */
export type CredentialPlan =
  | { readonly kind: 'keep'; readonly stored: StoredCredential }
  | {
      readonly kind: 'issue';
      readonly slot: SlotName;
      readonly replacesLivePassword: boolean;
      readonly earlierPassword?: string;
    };

/** A token that a revocation disabled, and that the onboarding which lifts it is to enable again. */
export interface RevokedToken {
  /** When each of the passwords that it holds was made (ISO 8601): none of them may ever work again. */
  readonly passwords: readonly string[];
}

/** The token of an onboarding. */
export interface PlannedToken {
  readonly exists: boolean;
  /** The client's own token where it has another name than the request's default: earlier versions gave other names. */
  readonly name?: string;
  /** When the one that exists was made (ISO 8601). */
  readonly createdAt?: string;
  readonly earlierScopeMap?: string;
  readonly revoked?: RevokedToken;
  /** It exists, others made it, and an operator has it taken over. */
  readonly isAdopted?: true;
  /** The entry that the client's record keeps about the token from now on. */
  readonly held?: HeldToken;
}

/** What preflight found, and what is to be done about it. Small, since it stands in the durable history. */
export interface OnboardingPlan {
  /** ISO 8601; what was made before this instant is not ours. */
  readonly checkedAt: string;
  readonly problems: readonly Problem[];
  readonly writes: readonly PlannedWrite[];
  /** What exists already and is used as it is. */
  readonly adopts: readonly string[];
  /** host:port that the secret is for. */
  readonly endpoint: string;
  readonly sync: SyncFacts;
  readonly scopeMap: 'absent' | 'same' | 'other';
  /** The map is ours, drifted, and is given its rights again: the request says so. */
  readonly restoresScopeMap?: true;
  /** `earlierScopeMap` is there when the token exists with another map. */
  readonly token: PlannedToken;
  /** Which of map and token are ours once this run has made what is missing. */
  readonly made: MadeByUs;
  readonly bound: boolean;
  /** The main secret's present version, of whatever credential. */
  readonly mainVersion?: string;
  readonly credential: CredentialPlan;
}

/** Nothing to write, and the credential in the vault has passed a pull check before. */
export function isConverged(plan: OnboardingPlan): boolean {
  return plan.writes.length === 0 && plan.credential.kind === 'keep' && plan.credential.stored.pull !== undefined;
}
