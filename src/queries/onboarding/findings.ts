import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import type { SyncStop } from '@connected-registry/protocol/registry/syncSchedule';
import type { ConnectedRegistryFacts, ScopeMapFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import type { SecretFacts } from '../../ports/secretVault.js';
import type { Ownership } from '../clients/tokenOwnership.js';
import type { SlowFacts } from '../registry/registryFacts.js';

/** All that preflight read, before anything is concluded from it. */
export interface Findings {
  readonly slow: SlowFacts;
  readonly connectedRegistry: ConnectedRegistryFacts | undefined;
  /** Undefined: unknown. */
  readonly syncScope: readonly string[] | undefined;
  /** What it syncs through, nearest first, each with its own sync scope. */
  readonly ancestors: readonly Ancestor[];
  readonly scopeMap: ScopeMapFacts | undefined;
  readonly token: TokenFacts | undefined;
  readonly main: SecretFacts | undefined;
  readonly candidate: SecretFacts | undefined;
  /** What the client's secrets tell of its credentials. */
  readonly known: readonly CredentialTags[];
  /** Whose the token is, if it exists. */
  readonly ownership: Ownership;
  /** The scope map of a token that is nobody's: it may be a connected registry's own. */
  readonly foundScopeMap: ScopeMapFacts | undefined;
}

export interface Ancestor extends SyncStop {
  /** Undefined: unknown; so is the scope. */
  readonly isActive: boolean | undefined;
  readonly syncScope: readonly string[] | undefined;
}
