import type { EntityCall } from '../domain/operations/entityCall.js';
import { tokenOfAnother } from '../domain/tokens/sharedToken.js';
import { done, failed, type StepOutcome } from '../domain/operations/stepOutcome.js';
import {
  isOwnedBy,
  UNCLAIMED,
  type TokenClaimOperation,
  type TokenClaimRequest,
  type TokenClaimState,
} from '../domain/tokens/tokenClaim.js';

/**
 * The token claim entity: keeps which client owns a token. Operations of one token run one after another, so that one
 * of two concurrent runs that name the same token is refused. It calls no service.
 */
export async function tokenClaim(
  { operation, request: { token, client } }: EntityCall<Record<TokenClaimOperation, TokenClaimRequest>>,
  state: TokenClaimState,
): Promise<{ readonly state: TokenClaimState; readonly outcome: StepOutcome<object> }> {
  switch (operation) {
    case 'claim':
      return state.owner === undefined || isOwnedBy(state, client)
        ? { state: { owner: client }, outcome: done({}) }
        : { state, outcome: failed('token-of-another-client', tokenOfAnother(token, [state.owner])) };
    case 'release':
      return { state: isOwnedBy(state, client) ? UNCLAIMED : state, outcome: done({}) };
  }
}
