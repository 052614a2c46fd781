import type { SlotName } from '@connected-registry/protocol/registry/slots';

/** What is left of a client, and what an offboarding does about it. Small, since it stands in the durable history. */
export interface OffboardingPlan {
  readonly tokens: readonly LeavingToken[];
  /** Names of tokens that are gone, and that the connected registry still lists. */
  readonly dangling: readonly string[];
  /** Scope maps that may be of no use to anybody afterwards. */
  readonly scopeMaps: readonly string[];
  /** Names of the client's secrets that are not deleted. */
  readonly secrets: readonly LeavingSecret[];
  /** Names of all tokens that are the client's no more afterwards. */
  readonly claims: readonly string[];
  /** Whether there is anything of the client at all. */
  readonly isThere: boolean;
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
  /**
   * Passwords of a token that others made, which may be ours: made since it was adopted, and the client's secrets, which
   * would say so, are gone. They are left, since they may as well be others'.
   */
  readonly doubtful?: readonly { readonly slot: SlotName; readonly createdAt: string }[];
  /** Why it is left alone, but for passwords of the client: only its name speaks for it, or others use it. */
  readonly kept?: readonly string[];
  /** Of a token that others made: the scope map that it is to have again, and the one of ours that it has. */
  readonly restores?: { readonly scopeMap: string; readonly ours: string };
}

export interface LeavingSecret {
  readonly name: string;
  /** How many of the client's versions are enabled. */
  readonly enabled: number;
  /** The last run that has saved a version of the client's. */
  readonly lastRun?: string;
  /** It has versions that are not the client's, so it stays. */
  readonly isShared: boolean;
}

/** Why a token is left that may be the client's. */
export function keptByName(name: string): string {
  return `token ${name}: it has the name that we would give this client's, but neither a secret nor the client's record says that it is the client's; it is left alone: disable or delete it by hand if it is`;
}

/** What becomes of a token's scope map that others gave it. */
export function restoredScopeMap(name: string, { scopeMap, ours }: { scopeMap: string; ours: string }): string {
  return `scope map ${ours} of token ${name}, which has ${scopeMap} again`;
}

/** Why a token keeps a scope map of ours. */
export function goneScopeMap(name: string, { scopeMap, ours }: { scopeMap: string; ours: string }): string {
  return `token ${name}: its scope map ${scopeMap} is gone; it still has ${ours}`;
}

/** Why a token that is not ours is left, and what of it is unknown. */
export function keptToken({ name, doubtful = [] }: Pick<LeavingToken, 'name' | 'doubtful'>): string {
  const left = `token ${name}: it was there before us; it is unbound`;
  if (doubtful.length === 0) return `${left} and holds no password of ours any more`;
  const slots = doubtful.map(({ slot, createdAt }) => `${slot}, made ${createdAt}`).join(' and ');
  return `${left}; whether its ${slots}, is ours is unknown, since no secret of the client is left that says so: it still works, so empty the slot by hand if nobody else uses it`;
}
