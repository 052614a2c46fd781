/** What is left of a client, and what an offboarding does about it. Small, since it stands in the durable history. */
export interface OffboardingPlan {
  readonly tokens: readonly LeavingToken[];
  /** Names of tokens that are gone, and that the connected registry still lists. */
  readonly dangling: readonly string[];
  /** Scope maps that may be of no use to anybody afterwards. */
  readonly scopeMaps: readonly string[];
  /** Names of the client's secrets that are not deleted. */
  readonly secrets: readonly LeavingSecret[];
}

export interface LeavingToken {
  readonly name: string;
  readonly scopeMap: string;
  /** ISO 8601. */
  readonly createdAt?: string;
  readonly isEnabled: boolean;
  readonly bound: boolean;
  /** An earlier run made it; else it stays, without our passwords and unbound. */
  readonly isOurs: boolean;
  /** When each of our passwords that it holds was made (ISO 8601). */
  readonly ourPasswords: readonly string[];
}

export interface LeavingSecret {
  readonly name: string;
  /** How many of the client's versions are enabled. */
  readonly enabled: number;
  /** It has versions that are not the client's, so it stays. */
  readonly isShared: boolean;
}

/** Why a token that is not ours is left. */
export function keptToken(name: string): string {
  return `token ${name}: it was there before us; it is unbound and holds no password of ours any more`;
}
