import type { SlotName } from '@connected-registry/protocol/registry/slots';

/**
 * The resources of a client, and what an offboarding does with each. Small, since it is kept in the durable history.
 */
export interface OffboardingPlan {
  readonly tokens: readonly OffboardingToken[];
  /** Names of deleted tokens that the connected registry still lists. */
  readonly dangling: readonly string[];
  /** Names of scope maps that may be unused afterwards. */
  readonly scopeMaps: readonly string[];
  /** The client's secrets that are not deleted yet. */
  readonly secrets: readonly OffboardingSecret[];
  /** Names of all tokens whose claims the client gives up. */
  readonly claims: readonly string[];
  /** Whether any resource of the client exists. */
  readonly isThere: boolean;
}

/** A token of the client, and what the offboarding does with it. */
export interface OffboardingToken {
  readonly name: string;
  readonly scopeMap: string;
  /** ISO 8601. */
  readonly createdAt?: string;
  readonly isEnabled: boolean;
  readonly bound: boolean;
  /** Whether an earlier run created it. If not, it stays, but is unbound and loses this app's passwords. */
  readonly isOurs: boolean;
  /** Creation times of the passwords in it that this app issued (ISO 8601). */
  readonly ourPasswords: readonly string[];
  /**
   * Passwords of an adopted token that this app may have issued: created since the adoption, while the secrets that
   * would prove it are gone. They are kept, since somebody else may have issued them.
   */
  readonly doubtful?: readonly { readonly slot: SlotName; readonly createdAt: string }[];
  /** Why the token is kept, without this client's passwords: only its name points to the client, or others use it. */
  readonly kept?: readonly string[];
  /** For an adopted token: the scope map to restore, and this app's map that the token has now. */
  readonly restores?: { readonly scopeMap: string; readonly ours: string };
}

/** A secret of the client, which the offboarding disables and soft-deletes. */
export interface OffboardingSecret {
  readonly name: string;
  /** Number of the client's versions that are enabled. */
  readonly enabled: number;
  /** The last run that saved a version for the client. */
  readonly lastRun?: string;
  /** Whether it has versions of others. If so, it is not deleted. */
  readonly isShared: boolean;
}

/** The reason for keeping a token that only its name links to the client. */
export function keptByName(name: string): string {
  return `token ${name}: kept, because only its name links it to this client, and neither a secret nor the client's record names it; if it is the client's, disable or delete it by hand`;
}

/** Describes the scope map that an adopted token gets back. */
export function restoredScopeMap(name: string, { scopeMap, ours }: { scopeMap: string; ours: string }): string {
  return `scope map ${ours} of token ${name}, replaced by its original scope map ${scopeMap}`;
}

/** Why an adopted token keeps a scope map of this app. */
export function goneScopeMap(name: string, { scopeMap, ours }: { scopeMap: string; ours: string }): string {
  return `token ${name}: keeps scope map ${ours}, because its original scope map ${scopeMap} no longer exists`;
}

/** Why an adopted token is kept, and which of its passwords are of unknown origin. */
export function keptToken({ name, doubtful = [] }: Pick<OffboardingToken, 'name' | 'doubtful'>): string {
  const kept = `token ${name}: kept, because this app did not create it; it was unbound`;
  if (doubtful.length === 0) return `${kept} and this app's passwords were cleared`;
  const slots = doubtful.map(({ slot, createdAt }) => `${slot} (created ${createdAt})`).join(' and ');
  return `${kept}; its ${slots} still works, because no secret shows whether this app issued it: clear the slot by hand if nobody else uses it`;
}
