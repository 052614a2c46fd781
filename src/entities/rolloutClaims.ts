import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { WorksFor } from '../domain/operations/worksFor.js';
import { claimClients, releaseClients } from '../domain/rollouts/claims.js';
import type { ClaimAnswer, ClaimsRequests, ClaimsState } from '../domain/rollouts/rollout.js';

export const NO_CLAIMS: ClaimsState = {};

type ClaimsOperation = keyof ClaimsRequests;

/** The entity that knows which open rollout has which client. It calls no service and never throws. */
export async function rolloutClaims(
  operation: ClaimsOperation,
  request: ClaimsRequests[ClaimsOperation] & WorksFor,
  claims: ClaimsState,
): Promise<{
  readonly state: ClaimsState;
  readonly outcome: StepOutcome<ClaimAnswer>;
}> {
  if (operation === 'claim' && 'clients' in request) {
    const { state, answer } = claimClients(claims, request.rollout, request.clients);
    return { state, outcome: done(answer) };
  }
  return { state: releaseClients(claims, request.rollout), outcome: done({ conflicts: [] }) };
}
