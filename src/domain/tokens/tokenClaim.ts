import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { WorksFor } from '../operations/worksFor.js';

/** All that is remembered of one token of a registry: whose it is. */
export interface TokenClaimState {
  readonly owner?: ClientReference;
}

export const UNCLAIMED: TokenClaimState = {};

/** Name of the entity. Lower case, as the binder's name. */
export const TOKEN_CLAIM = 'tokenclaim';

/** Input of every operation. */
export interface TokenClaimRequest extends WorksFor {
  readonly token: string;
  readonly client: ClientReference;
}

/**
 * `claim`: the token is this client's from the answer on, unless it is another's. `release`: it is nobody's any more, if it
 * was this client's.
 */
export type TokenClaimOperation = 'claim' | 'release';

/** The entity's key: names of tokens hold no dot, and ignore case in ARM. */
export function tokenClaimKey(registry: string, token: string): string {
  return `${registry}.${token}`.toLowerCase();
}

export function isOwnedBy({ owner }: TokenClaimState, client: ClientReference): boolean {
  return owner !== undefined && clientKey(owner) === clientKey(client);
}
