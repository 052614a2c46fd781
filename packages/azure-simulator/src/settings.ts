import type { Rates, RateLimitsName } from './control/rateLimits.js';

/** Maximum vaults beside the seeded one. */
export const MAX_FURTHER_VAULTS = 8;

/** Settings that can be changed at the start or by the test controls. */
export interface SimulatorSettings {
  /** `host:port` that clients of the seeded connected registry use. */
  edgeHost: string;
  /** Client tokens per connected registry. Public figures are 20 and 50. */
  clientsPerConnectedRegistry: number;
  /** Repository permissions per scope map (Azure docs: intro-connected-registry, limits). */
  permissionsPerScopeMap: number;
  /** Tokens, and scope maps, per registry (Azure docs: intro-connected-registry, limits). */
  tokensPerRegistry: number;
  /** Role assignments per subscription (Azure docs: role-based-access-control troubleshoot-limits). */
  roleAssignmentsPerSubscription: number;
  /**
   * Seconds until a regenerated password is replicated (Azure docs:
   * container-registry-token-based-repository-permissions).
   */
  replicationSeconds: number;
  /** `recorded`: asynchronous if the live service was recorded as asynchronous. `always`: every ARM write. */
  asynchronousWrites: 'recorded' | 'always';
  /**
   * `quick`: an asynchronous operation takes a moment of real time, and a poll waits for its end. `azure`: it takes as
   * long as in the services, by this plane's clock, and a poll returns its state.
   */
  pace: 'quick' | 'azure';
  /** Milliseconds that every operation takes; default: by the pace. */
  operationMilliseconds?: number;
  /** True if generateCredentials is answered with 202, and its passwords by a poll. */
  credentialsLater: boolean;
  /** Whether polls below a location are refused to callers without a right there; this is not public. */
  operationResultsRight: 'open' | 'enforced';
  /** Days that a deleted secret can be recovered, 7 to 90 (Azure docs: key-vault soft-delete-overview). */
  recoverableDays: number;
  /** Purging a deleted secret is refused until its retention ends. */
  purgeProtection: boolean;
  /**
   * ARM's throttling buckets, which differ by subscription: the smallest recorded, larger ones, an hour's, or sizes and
   * rates of one's own.
   */
  rateLimits: RateLimitsName | Rates;
  /** Factor for all rates of the throttling buckets; 0 disables throttling. */
  throttling: number;
}

export const DEFAULT_SETTINGS: SimulatorSettings = {
  edgeHost: 'localhost:8000',
  clientsPerConnectedRegistry: 50,
  permissionsPerScopeMap: 500,
  tokensPerRegistry: 20_000,
  roleAssignmentsPerSubscription: 4000,
  replicationSeconds: 60,
  asynchronousWrites: 'recorded',
  pace: 'quick',
  credentialsLater: false,
  operationResultsRight: 'open',
  recoverableDays: 90,
  purgeProtection: false,
  rateLimits: 'smallest',
  throttling: 1,
};
