import { Collection } from '../state/collection.js';

const FORMAT = 1;

/** Times are Unix seconds, as Key Vault has them. */
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
  /** Types of expiry events that have been sent. */
  told?: string[];
}

/** Versions in the order they were made: the last is the newest. */
export interface Secret {
  name: string;
  versions: SecretVersion[];
}

export interface DeletedSecret extends Secret {
  deletedDate: number;
  scheduledPurgeDate: number;
}

/** The vault's own store: the only file with secret values, and for the owner's eyes only. */
export interface VaultState {
  secrets: Collection<Secret>;
  deleted: Collection<DeletedSecret>;
}

export function storedVaultState(state: VaultState): unknown {
  return { format: FORMAT, ...state };
}

/** @throws when the file is of another version of this program */
export function reviveVaultState(stored: unknown): VaultState {
  if (stored === undefined) return { secrets: new Collection(), deleted: new Collection() };
  const lists = stored as { format: number; secrets: Secret[]; deleted: DeletedSecret[] };
  if (lists.format !== FORMAT) throw new Error('the vault is of another version; start with --reset to begin anew');
  return { secrets: new Collection(lists.secrets), deleted: new Collection(lists.deleted) };
}

export function newest(secret: Secret): SecretVersion {
  const version = secret.versions.at(-1);
  if (!version) throw new Error(`the secret ${secret.name} has no version`);
  return version;
}
