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
 * Says which client a token is for. Operations of one token run one after another, so that of two runs which name the same
 * token one is refused, however close together they look at it. It asks nobody.
 */
export async function tokenClaim(
  operation: TokenClaimOperation,
  { token, client }: TokenClaimRequest,
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
