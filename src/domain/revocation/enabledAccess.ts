import type { ClientReference } from '@connected-registry/protocol/names/clientKey';

/** Resources that give a client access now. Small, since it is kept in the durable history. */
export interface EnabledAccess {
  /** Names of the tokens to disable. */
  readonly tokens: readonly string[];
  readonly secrets: readonly { readonly name: string; readonly version: string }[];
  /** Tokens that other clients use too: they stay enabled, but lose this client's passwords. */
  readonly shared: readonly SharedToken[];
  /** Names of tokens that are kept, since only their names link them to this client. */
  readonly byName: readonly string[];
  /** Whether any resource of the client exists, enabled or not. */
  readonly isThere: boolean;
  /** What could not be read, as texts. */
  readonly unread: readonly string[];
}

/** A token that other clients use besides this one. This app never creates that situation. */
export interface SharedToken {
  readonly token: string;
  readonly users: readonly ClientReference[];
  /** Creation times of the passwords that only this client has (ISO 8601). */
  readonly passwords: readonly string[];
  /** Creation times of the passwords that another client has too. Clearing one would cut off that client. */
  readonly inCommon: readonly string[];
}
