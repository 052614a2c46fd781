import type { Tags } from '@connected-registry/protocol/names/secretTags';

/**
 * The vault that keeps credentials. Times are ISO 8601. All methods throw ServiceError and retry nothing.
 * Values go in and are copied inside the vault; no method returns one.
 */
export interface SecretVault {
  /** Reads the newest version; undefined when the secret does not exist, was deleted, or the version is disabled. */
  current(name: string): Promise<SecretFacts | undefined>;
  /**
   * Reads the newest version from a listing, also a disabled one; undefined when the secret does not exist or was
   * deleted.
   */
  newest(name: string): Promise<SecretListing | undefined>;
  /**
   * Reads one page of all secrets that are not deleted, each with its newest version, in the service's order. A page
   * may be empty although more follow.
   *
   * @param continuation from the previous page; absent for the first.
   */
  page(continuation?: string): Promise<SecretPage>;
  /** Lists all versions, also disabled ones; empty when the secret does not exist or was deleted. */
  versions(name: string): Promise<SecretVersionFacts[]>;
  /** Reads the tags of a deleted secret, while the vault still keeps it. */
  tagsOfDeleted(name: string): Promise<Tags | undefined>;
  /** Creates a new version. A soft-deleted secret is recovered first. */
  store(name: string, value: string, attributes: SecretAttributes): Promise<SecretFacts>;
  /** Stores the value of `from` as the newest version of `to`, with new attributes. */
  copy(from: SecretVersion, to: string, attributes: SecretAttributes): Promise<SecretFacts>;
  updateTags(version: SecretVersion, tags: Tags): Promise<void>;
  /** Disables one version, so that nobody can read it. Does nothing when the version does not exist. */
  disable(version: SecretVersion): Promise<void>;
  /** Soft-deletes the secret with all its versions. Does nothing when the secret does not exist. */
  remove(name: string): Promise<void>;
}

export interface SecretVersion {
  readonly name: string;
  readonly version: string;
}

export interface SecretAttributes {
  readonly expiresOn: string;
  readonly tags: Tags;
}

/** A version as a listing has it: without its value. */
export interface SecretVersionFacts extends SecretVersion {
  readonly tags: Tags;
  readonly isEnabled: boolean;
}

export interface SecretFacts extends SecretVersion {
  readonly tags: Tags;
  readonly expiresOn?: string;
  /** host:port of each registry for which the value has a credential. */
  readonly endpoints: readonly string[];
  /** Present if the secret was soft-deleted: its earlier versions are back. */
  readonly isRecovered?: true;
}

/** A secret as a listing has it: without its value. */
export interface SecretListing {
  readonly name: string;
  /** Absent in a listing of all secrets, which has no versions. */
  readonly version?: string;
  readonly tags: Tags;
  readonly isEnabled: boolean;
}

export interface SecretPage {
  readonly secrets: readonly SecretListing[];
  /** Absent on the last page. It names no host, so it is safe to give to a caller and to accept again. */
  readonly continuation?: string;
}
