import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import type { SyncStop } from '@connected-registry/protocol/registry/syncSchedule';
import type { ConnectedRegistryFacts, ScopeMapFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import type { SecretFacts } from '../../ports/secretVault.js';
import type { Ownership } from '../clients/tokenOwnership.js';
import type { SlowFacts } from '../registry/look.js';

/** The facts that preflight reads, before it draws conclusions. */
export interface Findings {
  readonly slow: SlowFacts;
  readonly connectedRegistry: ConnectedRegistryFacts | undefined;
  /** Undefined: unknown. */
  readonly syncScope: readonly string[] | undefined;
  /** Connected registries through which it syncs, nearest first, each with its own sync scope. */
  readonly ancestors: readonly Ancestor[];
  readonly scopeMap: ScopeMapFacts | undefined;
  readonly token: TokenFacts | undefined;
  readonly main: SecretFacts | undefined;
  readonly candidate: SecretFacts | undefined;
  /** The tags of the client's secrets. */
  readonly known: readonly CredentialTags[];
  /** The owner of the token, if it exists. */
  readonly ownership: Ownership;
  /** The scope map of a token that is still that of others: it may be the map of a connected registry. */
  readonly foundScopeMap: ScopeMapFacts | undefined;
}

export interface Ancestor extends SyncStop {
  /** Undefined: unknown; the same holds for the scope. */
  readonly isActive: boolean | undefined;
  readonly syncScope: readonly string[] | undefined;
}
