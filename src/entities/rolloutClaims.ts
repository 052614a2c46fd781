import { done, type StepOutcome } from '../domain/operations/stepOutcome.js';
import type { EntityCall } from '../domain/operations/entityCall.js';
import { claimClients, releaseClients } from '../domain/rollouts/claims.js';
import type { ClaimAnswer, ClaimsRequests, ClaimsState } from '../domain/rollouts/claimsState.js';

export const NO_CLAIMS: ClaimsState = {};

/** The entity that knows which open rollout has which client. It calls no service and never throws. */
export async function rolloutClaims(
  { operation, request }: EntityCall<ClaimsRequests>,
  claims: ClaimsState,
): Promise<{
  readonly state: ClaimsState;
  readonly outcome: StepOutcome<ClaimAnswer>;
}> {
  switch (operation) {
    case 'claim': {
      const { state, answer } = claimClients(claims, request.rollout, request.clients);
      return { state, outcome: done(answer) };
    }
    case 'release':
      return { state: releaseClients(claims, request.rollout), outcome: done({ conflicts: [] }) };
  }
}
