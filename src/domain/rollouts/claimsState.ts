/** Entity, only one: which open rollout has which client. */
export const ROLLOUT_CLAIMS = 'rolloutClaims';

export const ROLLOUT_CLAIMS_KEY = 'all';

/** A client that another open rollout has. `row`: from 0, in the whole rollout. */
export interface ClaimConflict {
  readonly row: number;
  readonly rollout: string;
}

/**
 * Of a claim that was refused: which clients others have or, if all open rollouts have too many, how many the others
 * have.
 */
export interface ClaimAnswer {
  readonly conflicts: readonly ClaimConflict[];
  readonly claimed?: number;
}

/** State of {@link ROLLOUT_CLAIMS}: the hashes of clients' keys by rollout. */
export type ClaimsState = Readonly<Record<string, readonly string[]>>;

/**
 * Operations of {@link ROLLOUT_CLAIMS}: `claim` answers a {@link ClaimAnswer} with at most {@link MAX_CONFLICTS}
 * conflicts, and claims nothing if there are any or more than {@link MAX_CLAIMED} clients would be claimed; it is
 * idempotent for one rollout. `release` ends a rollout's claims.
 */
export interface ClaimsRequests {
  readonly claim: { readonly rollout: string; readonly clients: readonly string[] };
  readonly release: { readonly rollout: string };
}

export const MAX_CONFLICTS = 100;

/**
 * Maximum clients in open rollouts together. Their claims are one state, of 14 bytes a client: 700 KB. The Durable Task
 * Scheduler accepts messages of 1 MiB (Azure-Samples/Durable-Task-Scheduler, LargePayload); Azure Storage moves larger
 * texts to blobs.
 */
export const MAX_CLAIMED = 50_000;
