import { Collection } from '../state/collection.js';
import type { Contents, Keeps } from '../state/store.js';

export const VAULT_FORMAT = 2;

/** Times are Unix seconds, as in Key Vault. */
export interface SecretVersion {
  version: string;
  value: string;
  contentType?: string;
  tags: Record<string, string>;
  enabled: boolean;
  notBefore?: number;
  expires?: number;
  created: number;
  updated: number;
  /** Types of expiry events that have been published. */
  published?: string[];
}

/** Versions in order of creation: the last one is the newest. */
export interface Secret {
  name: string;
  versions: SecretVersion[];
}

export interface DeletedSecret extends Secret {
  deletedDate: number;
  scheduledPurgeDate: number;
}

/** The contents of the vault. Only its file contains secret values, and only its owner can read it. */
export interface VaultState {
  secrets: Collection<Secret>;
  deleted: Collection<DeletedSecret>;
}

export function emptyVaultState(): VaultState {
  return { secrets: new Collection(), deleted: new Collection() };
}

/** The format on disk. */
export function vaultContents(state: VaultState): Contents {
  const lists: Record<string, Keeps> = { secrets: state.secrets, deleted: state.deleted };
  return { format: VAULT_FORMAT, facts: {}, tables: () => Object.entries(lists), table: (name) => lists[name] };
}

export function newest(secret: Secret): SecretVersion {
  const version = secret.versions.at(-1);
  if (!version) throw new Error(`the secret ${secret.name} has no version`);
  return version;
}
