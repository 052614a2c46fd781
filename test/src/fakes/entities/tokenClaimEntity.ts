import {
  UNCLAIMED,
  type TokenClaimOperation,
  type TokenClaimRequest,
  type TokenClaimState,
} from '../../../../src/domain/tokens/tokenClaim.js';
import { tokenClaim } from '../../../../src/entities/tokenClaim.js';

/** The entities of all tokens, each with its state as the engine would keep it. */
export function createTokenClaimEntities() {
  const states = new Map<string, TokenClaimState>();
  return {
    ownerOf: (name: string) => states.get(name.toLowerCase())?.owner,
    request: async (operation: TokenClaimOperation, request: TokenClaimRequest) => {
      const name = request.token.toLowerCase();
      const answer = await tokenClaim({ operation, request }, states.get(name) ?? UNCLAIMED);
      states.set(name, JSON.parse(JSON.stringify(answer.state)) as TokenClaimState);
      return answer.outcome;
    },
  };
}
