import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { CredentialTags } from '@connected-registry/protocol/names/secretTags';
import type { ConnectedRegistryFacts, ScopeMapFacts, TokenFacts } from '../../ports/registryControlPlane.js';
import type { SecretFacts } from '../../ports/secretVault.js';

/** The facts that are read for a rotation. */
export interface RotationFindings {
  readonly main: SecretFacts | undefined;
  readonly tags: CredentialTags | undefined;
  /** The enabled candidate; or a retired one, when nothing else explains the password in the other slot. */
  readonly candidate: CredentialTags | undefined;
  readonly token: TokenFacts | undefined;
  readonly scopeMap: ScopeMapFacts | undefined;
  readonly connectedRegistry: ConnectedRegistryFacts | undefined;
  readonly acknowledged: string | undefined;
  /** Other clients that use the token. */
  readonly users: readonly ClientReference[];
}
