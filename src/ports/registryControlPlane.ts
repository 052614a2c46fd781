import type { CONNECTION_STATES } from '@connected-registry/protocol/registry/armEnumerations';
import type { Slots, SlotName } from '@connected-registry/protocol/registry/slots';

/**
 * The control plane of container registries. Names are resource names inside the configured registry `registry`;
 * resource ids stay inside the adapter. Times are ISO 8601. All methods throw ServiceError and retry nothing.
 */
export interface RegistryControlPlane {
  getRegistry(registry: string): Promise<RegistryFacts | undefined>;
  listConnectedRegistries(registry: string): Promise<ConnectedRegistryFacts[]>;
  getConnectedRegistry(registry: string, name: string): Promise<ConnectedRegistryFacts | undefined>;
  /** Replaces the whole list of client tokens: the service cannot add one token, and has no ETag to guard the list. */
  setClientTokens(registry: string, connectedRegistry: string, tokens: readonly string[]): Promise<void>;

  getScopeMap(registry: string, name: string): Promise<ScopeMapFacts | undefined>;
  createScopeMap(registry: string, name: string, content: ScopeMapContent): Promise<void>;
  /** Replaces the actions of an existing scope map; its description stays. */
  setScopeMapActions(registry: string, name: string, actions: readonly string[]): Promise<void>;
  deleteScopeMap(registry: string, name: string): Promise<void>;

  getToken(registry: string, name: string): Promise<TokenFacts | undefined>;
  /** Lists all tokens, with one call for each of the service's pages. */
  listTokens(registry: string): Promise<TokenFacts[]>;
  listScopeMaps(registry: string): Promise<ScopeMapFacts[]>;
  /** Lists the names of the tokens that have this scope map. */
  listTokensOf(registry: string, scopeMap: string): Promise<string[]>;
  /**
   * Creates a token. Only for a token that does not exist: a PUT over an existing one deletes its passwords.
   *
   * @returns in how many seconds to read the token again, if the service has accepted it and is still creating it.
   */
  createToken(registry: string, name: string, scopeMap: string): Promise<{ readonly readyInSeconds?: number }>;
  setTokenScopeMap(registry: string, name: string, scopeMap: string): Promise<void>;
  /** Disables a token. Does nothing when the token does not exist: another undo or an operator may have deleted it. */
  disableToken(registry: string, name: string): Promise<void>;
  /** Enables a token and, in the same write, empties every slot except `keep`. */
  enableToken(registry: string, name: string, keep: readonly SlotName[]): Promise<void>;
  /** Empties every slot except `keep`. Does nothing when the token does not exist. */
  keepOnlySlots(registry: string, name: string, keep: readonly SlotName[]): Promise<void>;
  deleteToken(registry: string, name: string): Promise<void>;
  /** Generates a new password in one slot; the slot's old password stops working. The value cannot be read again. */
  generatePassword(registry: string, token: string, slot: SlotName, expiresAt: Date): Promise<GeneratedPassword>;
}

export interface RegistryFacts {
  readonly name: string;
  readonly tier: string;
  /** Undefined: Azure does not report it. */
  readonly dataEndpointEnabled: boolean | undefined;
  readonly loginServer?: string;
}

export interface ConnectedRegistryFacts {
  readonly name: string;
  /** As ARM reports it, in any case; see `takesWrites`. Empty: not reported. */
  readonly mode: string;
  /** Undefined: not reported, or an unknown value. */
  readonly isActive: boolean | undefined;
  /** Absent: not reported, or an unknown value. */
  readonly connectionState?: (typeof CONNECTION_STATES)[number];
  readonly createdAt?: string;
  /** host:port at which clients reach it, as ARM reports it. */
  readonly loginServer?: string;
  /** Absent when it syncs with a managed identity (`authType` ManagedIdentity): its rights are then unknown. */
  readonly syncToken?: string;
  /** Name of the connected registry that it syncs from; absent when it syncs from the registry in the cloud. */
  readonly parent?: string;
  readonly schedule?: string;
  /** How long each sync of its schedule lasts: an ISO 8601 duration. */
  readonly syncWindow?: string;
  readonly lastSyncTime?: string;
  /** How long the cloud keeps its messages for the next sync: an ISO 8601 duration. */
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
  /** Undefined: not reported, or an unknown value. */
  readonly isEnabled: boolean | undefined;
  readonly createdAt?: string;
  /** Present while the service creates the token: it takes no password yet. */
  readonly isBeingCreated?: true;
  readonly slots: Slots;
}

export interface GeneratedPassword {
  readonly userName: string;
  /** Never leaves the activity that generated it, except into the vault. */
  readonly value: string;
  readonly createdAt: string;
}
