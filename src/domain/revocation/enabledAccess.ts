import type { ClientReference } from '@connected-registry/protocol/names/clientKey';

/** What gives a client access at this moment. Small, since it stands in the durable history. */
export interface EnabledAccess {
  /** Names of the tokens to disable. */
  readonly tokens: readonly string[];
  readonly secrets: readonly { readonly name: string; readonly version: string }[];
  /** Tokens that others use too: they stay, without the passwords of this client. */
  readonly shared: readonly SharedToken[];
  /** Names of tokens that are left alone: only their names speak for this client. */
  readonly byName: readonly string[];
  /** Whether there is anything of the client at all, enabled or not. */
  readonly isThere: boolean;
  /** What could not be read, in words. */
  readonly unread: readonly string[];
}

/** A token that other clients use besides this one, as only somebody's hand can have brought about. */
export interface SharedToken {
  readonly token: string;
  readonly users: readonly ClientReference[];
  /** When each of the passwords was made that this client alone has (ISO 8601). */
  readonly passwords: readonly string[];
  /** The same of those that another client has too: taking one away would cut that off. */
  readonly inCommon: readonly string[];
}
