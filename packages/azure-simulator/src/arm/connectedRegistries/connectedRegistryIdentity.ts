import { createHash } from 'node:crypto';
import type { ConnectedRegistry } from '../../state/registryState.js';
import { missing, oneOf } from './connectedRegistryInput.js';

interface Given {
  authType?: string | undefined;
  tokenId?: string | undefined;
  /** By resource id. */
  identities?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The first api-version in which a connected registry may sync with a managed identity instead of a token (recorded).
 */
const SINCE = '2026-09';

/**
 * Reads how a connected registry authenticates for its sync.
 *
 * @param checkToken returns the sync token's id in its own spelling, or throws
 * @throws 400 if neither a token nor an identity is named
 */
export function syncSignIn(
  given: Given,
  checkToken: (id: string) => string,
): Pick<ConnectedRegistry, 'syncTokenId' | 'authType' | 'identities'> {
  const authType =
    given.authType === undefined ? 'SyncToken' : oneOf(['SyncToken', 'ManagedIdentity'], given.authType, 'authType');
  if (authType === 'ManagedIdentity') return { authType, identities: directoryIdsOf(given.identities ?? {}) };
  if (given.tokenId === undefined) throw missing('parent.syncProperties.tokenId');
  return { authType, syncTokenId: checkToken(given.tokenId) };
}

export function showsSignIn(version: string): boolean {
  return version >= SINCE;
}

/** As recorded: the type in lower case, and the ids of each identity in Entra. */
export function connectedRegistryIdentityBody({ identities }: ConnectedRegistry): { identity?: unknown } {
  return identities === undefined ? {} : { identity: { type: 'userAssigned', userAssignedIdentities: identities } };
}

/** Ids of a principal without a directory: derived from the identity, so that they stay the same. */
function directoryIdsOf(identities: Readonly<Record<string, unknown>>): NonNullable<ConnectedRegistry['identities']> {
  const known = Object.keys(identities).map((id) => [
    id,
    { principalId: guidOf(`principal ${id}`), clientId: guidOf(`client ${id}`) },
  ]);
  return Object.fromEntries(known) as NonNullable<ConnectedRegistry['identities']>;
}

function guidOf(text: string): string {
  const hex = createHash('sha256').update(text.toLowerCase()).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
