import { MAX_CLAIMED, MAX_CONFLICTS, type ClaimAnswer, type ClaimConflict, type ClaimsState } from './claimsState.js';

/**
 * Claims clients for a rollout, unless another open rollout has one of them or all have too many. A repetition replaces
 * the rollout's own claims.
 * @param clients a hash of each row's client
 */
export function claimClients(
  state: ClaimsState,
  rollout: string,
  clients: readonly string[],
): { readonly state: ClaimsState; readonly answer: ClaimAnswer } {
  const owners = new Map<string, string>();
  for (const [other, claimed] of Object.entries(state))
    if (other !== rollout) for (const client of claimed) owners.set(client, other);
  const conflicts: ClaimConflict[] = [];
  for (const [row, client] of clients.entries()) {
    const owner = owners.get(client);
    if (owner === undefined) continue;
    conflicts.push({ row, rollout: owner });
    if (conflicts.length === MAX_CONFLICTS) break;
  }
  if (conflicts.length > 0) return { state, answer: { conflicts } };
  if (owners.size + clients.length > MAX_CLAIMED) return { state, answer: { conflicts, claimed: owners.size } };
  return { state: { ...state, [rollout]: clients }, answer: { conflicts } };
}

/** Ends a rollout's claims. */
export function releaseClients(state: ClaimsState, rollout: string): ClaimsState {
  const { [rollout]: _released, ...others } = state;
  return others;
}
