import { MAX_CONFLICTS, type ClaimConflict, type ClaimsState } from './rollout.js';

/**
 * Claims clients for a rollout, unless another open rollout has one of them. A repetition replaces the rollout's own claims.
 * @param clients a hash of each row's client
 */
export function claimClients(
  state: ClaimsState,
  rollout: string,
  clients: readonly string[],
): { readonly state: ClaimsState; readonly conflicts: readonly ClaimConflict[] } {
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
  return conflicts.length > 0 ? { state, conflicts } : { state: { ...state, [rollout]: clients }, conflicts };
}

/** Ends a rollout's claims. */
export function releaseClients(state: ClaimsState, rollout: string): ClaimsState {
  const { [rollout]: _released, ...others } = state;
  return others;
}
