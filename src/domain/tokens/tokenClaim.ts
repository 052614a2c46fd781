import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { WorksFor } from '../operations/worksFor.js';

/** State of one token's claim: which client owns it. */
export interface TokenClaimState {
  readonly owner?: ClientReference;
}

export const UNCLAIMED: TokenClaimState = {};

/** Name of the entity, in lower case, as the binder's. */
export const TOKEN_CLAIM = 'tokenclaim';

/** Input of every operation. */
export interface TokenClaimRequest extends WorksFor {
  readonly token: string;
  readonly client: ClientReference;
}

/**
 * `claim`: the token belongs to this client from now on, unless another client owns it. `release`: this client gives
 * the token up, if it owns it.
 */
export type TokenClaimOperation = 'claim' | 'release';

/** The entity's key. Token names contain no dot, and ARM ignores their case. */
export function tokenClaimKey(registry: string, token: string): string {
  return `${registry}.${token}`.toLowerCase();
}

/** Whether this client owns the token. */
export function isOwnedBy({ owner }: TokenClaimState, client: ClientReference): boolean {
  return owner !== undefined && clientKey(owner) === clientKey(client);
}
