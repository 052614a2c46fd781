import { createHash } from 'node:crypto';
import type { ClientRecord } from '../clients/clientRecord.js';

/**
 * Hosts of the vaults in the settings, in their order. The first is the vault of clients whose records name
 * none: they were onboarded when the settings had one vault only.
 */
export type VaultHosts = readonly [string, ...string[]];

/** Input of work on the secrets of one client. */
export interface InVault {
  /**
   * Host of the vault that has the client's secrets. A run gets it once, when it begins, and hands it to everything
   * that it calls. Undefined only for runs that began before the app knew of several vaults: they work in the first.
   */
  readonly vaultHost: string | undefined;
}

/** Facts that a client's record has since its token was first noted, until it is offboarded. */
const CREDENTIAL_FACTS = ['held', 'orphaned', 'access'] as const satisfies readonly (keyof ClientRecord)[];

/**
 * The vault of a client: the recorded one, also when the settings no longer list it, since the client's secrets are
 * there. A client that had a credential before vaults were recorded is in the first. Any other gets the one that
 * follows from its key.
 */
export function clientVault(record: ClientRecord, key: string, hosts: VaultHosts): string {
  if (record.vault !== undefined) return record.vault;
  return hasCredential(record) ? hosts[0] : vaultOfKey(key, hosts);
}

/** Whether the record shows that the client has a credential, or had one since it was last offboarded. */
export function hasCredential(record: ClientRecord): boolean {
  return CREDENTIAL_FACTS.some((name) => record[name] !== undefined);
}

/**
 * The vault that a new client gets: rendezvous hashing, also called highest random weight. Each key ranks all hosts by
 * a hash; the order of the list plays no part, and a further host only takes over keys, it moves none between the
 * others. Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998.
 *
 * @param key the client's key
 */
export function vaultOfKey(key: string, hosts: VaultHosts): string {
  const [first, ...others] = hosts;
  return others.reduce((best, host) => (weight(host, key) > weight(best, key) ? host : best), first);
}

/** Texts of equal length, so that they compare like the numbers. Neither a host nor a key has a line feed. */
function weight(host: string, key: string): string {
  return createHash('sha256').update(`${host}\n${key}`).digest('hex');
}
