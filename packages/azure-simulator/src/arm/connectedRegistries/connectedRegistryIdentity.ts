import { createHash } from 'node:crypto';
import type { ConnectedRegistry } from '../../state/registryState.js';
import { missing, oneOf } from './connectedRegistryInput.js';

interface Given {
  authType?: string | undefined;
  tokenId?: string | undefined;
  /** By resource id. */
  identities?: Readonly<Record<string, unknown>> | undefined;
}

/** The first api-version in which a connected registry may sync by a managed identity instead of a token (recorded). */
const SINCE = '2026-09';

/**
 * How a connected registry signs in for its sync.
 *
 * @param checkToken the sync token's id in its own case, or a refusal
 * @throws 400 where neither a token nor an identity is named
 */
export function syncSignIn(
  given: Given,
  checkToken: (id: string) => string,
): Pick<ConnectedRegistry, 'syncTokenId' | 'authType' | 'identities'> {
  const authType =
    given.authType === undefined ? 'SyncToken' : oneOf(['SyncToken', 'ManagedIdentity'], given.authType, 'authType');
  if (authType === 'ManagedIdentity') return { authType, identities: knownTo(given.identities ?? {}) };
  if (given.tokenId === undefined) throw missing('parent.syncProperties.tokenId');
  return { authType, syncTokenId: checkToken(given.tokenId) };
}

export function showsSignIn(version: string): boolean {
  return version >= SINCE;
}

/** As recorded: the type in lower case, and what Entra knows of each identity. */
export function identityBody({ identities }: ConnectedRegistry): { identity?: unknown } {
  return identities === undefined ? {} : { identity: { type: 'userAssigned', userAssignedIdentities: identities } };
}

/** Ids of a principal that there is no directory here for: the same for the same identity. */
function knownTo(identities: Readonly<Record<string, unknown>>): NonNullable<ConnectedRegistry['identities']> {
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
