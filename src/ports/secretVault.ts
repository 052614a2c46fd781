import type { Tags } from '@connected-registry/protocol/names/secretTags';

/**
 * Where credentials are kept. Times are ISO 8601. All methods throw ServiceError; nothing is retried inside.
 * Values go in and are copied inside; none ever comes out.
 */
export interface SecretVault {
  /** The newest version; undefined when there is none, it was deleted, or it is disabled. */
  current(name: string): Promise<SecretFacts | undefined>;
  /** The newest version, a disabled one too, as a listing tells of it; undefined when there is none or it was deleted. */
  newest(name: string): Promise<SecretListing | undefined>;
  /**
   * One page of all secrets that are not deleted, each as its newest version is, in the service's order; a page may be
   * empty although more follow. @param continuation what the page before gave.
   */
  page(continuation?: string): Promise<SecretPage>;
  /** All versions, the disabled ones too; none when there is no such secret or it was deleted. */
  versions(name: string): Promise<SecretVersionFacts[]>;
  /** Tags of a secret that was deleted, while the vault still keeps it. */
  tagsOfDeleted(name: string): Promise<Tags | undefined>;
  /** Makes a new version. A name that is only soft-deleted is recovered first. */
  store(name: string, value: string, attributes: SecretAttributes): Promise<SecretFacts>;
  /** Makes `from`'s value the newest version of `to`, with new attributes. */
  copy(from: SecretVersion, to: string, attributes: SecretAttributes): Promise<SecretFacts>;
  updateTags(version: SecretVersion, tags: Tags): Promise<void>;
  /** Hides one version from readers. Nothing to do when it is not there. */
  disable(version: SecretVersion): Promise<void>;
  /** Soft-deletes the secret with all its versions. Nothing to do when it is not there. */
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

/** What a listing tells of a version: nothing of its value. */
export interface SecretVersionFacts extends SecretVersion {
  readonly tags: Tags;
  readonly isEnabled: boolean;
}

export interface SecretFacts extends SecretVersion {
  readonly tags: Tags;
  readonly expiresOn?: string;
  /** host:port of each registry that the value has a credential for. */
  readonly endpoints: readonly string[];
}

/** What a listing of secrets tells of one: nothing of its value. */
export interface SecretListing {
  readonly name: string;
  /** Absent in a listing of all secrets, which names none. */
  readonly version?: string;
  readonly tags: Tags;
  readonly isEnabled: boolean;
}

export interface SecretPage {
  readonly secrets: readonly SecretListing[];
  /** Absent on the last page. Names no host: it is safe to hand out and to take back. */
  readonly continuation?: string;
}
