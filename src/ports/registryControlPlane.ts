import type { Slots, SlotName } from '@connected-registry/protocol/registry/slots';

/**
 * A container registry's management side. Names are resource names inside the configured registry `registry`; resource
 * ids stay inside the adapter. Times are ISO 8601. All methods throw ServiceError; nothing is retried inside.
 */
export interface RegistryControlPlane {
  getRegistry(registry: string): Promise<RegistryFacts | undefined>;
  listConnectedRegistries(registry: string): Promise<ConnectedRegistryFacts[]>;
  getConnectedRegistry(registry: string, name: string): Promise<ConnectedRegistryFacts | undefined>;
  /** Replaces the whole list: the service has no way to add one, and no ETag to guard it with. */
  setClientTokens(registry: string, connectedRegistry: string, tokens: readonly string[]): Promise<void>;

  getScopeMap(registry: string, name: string): Promise<ScopeMapFacts | undefined>;
  createScopeMap(registry: string, name: string, content: ScopeMapContent): Promise<void>;
  /** Replaces what an existing scope map grants; its description stays. */
  setScopeMapActions(registry: string, name: string, actions: readonly string[]): Promise<void>;
  deleteScopeMap(registry: string, name: string): Promise<void>;

  getToken(registry: string, name: string): Promise<TokenFacts | undefined>;
  /** All tokens, in a call for each page of the service's. */
  listTokens(registry: string): Promise<TokenFacts[]>;
  listScopeMaps(registry: string): Promise<ScopeMapFacts[]>;
  /** Names of the tokens that have this scope map. */
  listTokensOf(registry: string, scopeMap: string): Promise<string[]>;
  /** Only for a token that does not exist: a PUT over a live one wipes its passwords. */
  createToken(registry: string, name: string, scopeMap: string): Promise<void>;
  setTokenScopeMap(registry: string, name: string, scopeMap: string): Promise<void>;
  /** Nothing to do when it is gone: another undo, or an operator, may be quicker. */
  disableToken(registry: string, name: string): Promise<void>;
  /** Enables a token and, in the same write, empties every slot but `keep`. */
  enableToken(registry: string, name: string, keep: readonly SlotName[]): Promise<void>;
  /** Empties every slot but `keep`. Nothing to do when the token is gone. */
  keepOnlySlots(registry: string, name: string, keep: readonly SlotName[]): Promise<void>;
  deleteToken(registry: string, name: string): Promise<void>;
  /** Makes a new password in one slot; whoever uses the old one is cut off. The value can never be read again. */
  generatePassword(registry: string, token: string, slot: SlotName, expiresAt: Date): Promise<GeneratedPassword>;
}

export interface RegistryFacts {
  readonly name: string;
  readonly tier: string;
  /** Undefined: Azure does not say. */
  readonly dataEndpointEnabled: boolean | undefined;
  readonly loginServer?: string;
}

export interface ConnectedRegistryFacts {
  readonly name: string;
  /** As ARM has it, in any case; see `takesWrites`. Empty: not said. */
  readonly mode: string;
  /** Undefined: not said, or in words that are unknown. */
  readonly isActive: boolean | undefined;
  readonly createdAt?: string;
  /** host:port under which clients reach it, as ARM has it. */
  readonly loginServer?: string;
  /** Absent: unknown what it may sync, as with a managed identity (`authType` ManagedIdentity). */
  readonly syncToken?: string;
  /** Name of the connected registry that it syncs from; absent when that is the registry in the cloud. */
  readonly parent?: string;
  readonly schedule?: string;
  /** How long it stays connected from each start of its schedule: an ISO 8601 duration. */
  readonly syncWindow?: string;
  readonly lastSyncTime?: string;
  /** How long what is meant for it is kept for its next sync: an ISO 8601 duration. */
  readonly messageTtl?: string;
  /** Names of the bound client tokens. */
  readonly clientTokens: readonly string[];
}

export interface ScopeMapContent {
  readonly actions: readonly string[];
  readonly description: string;
}

export interface ScopeMapFacts extends ScopeMapContent {
  readonly name: string;
  readonly createdAt?: string;
}

export interface TokenFacts {
  readonly name: string;
  readonly scopeMap: string;
  /** Undefined: not said, or in words that are unknown. */
  readonly isEnabled: boolean | undefined;
  readonly createdAt?: string;
  readonly slots: Slots;
}

export interface GeneratedPassword {
  readonly userName: string;
  /** Never leaves the activity that asked for it, except into the vault. */
  readonly value: string;
  readonly createdAt: string;
}
