import type { Difference } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { accessDifferences, readersOf } from '../../domain/access/accessDifferences.js';
import { clientVault } from '../../domain/vaults/clientVault.js';
import type { ReadAccess } from '../../ports/readAccess.js';
import type { Runs } from '../../ports/runs.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import type { Config } from '../../settings/config.js';
import { findVault, vaultHosts } from '../../settings/vaults.js';
import { createCache } from '../cache.js';
import { eachOf } from '../eachOf.js';

/** Reads records of clients. */
export type ReadsRecords = Pick<Runs, 'record'>;

/**
 * Compares who may read clients' secrets with their records. Nothing is compared for an app that gives no access, or
 * that may not list role assignments.
 *
 * @param look the second look uses no listing of the first.
 * @returns the differences, in the order of the clients @throws ServiceError
 */
export type CheckAccess = (
  clients: readonly ClientReference[],
  records: ReadsRecords | undefined,
  look: 'first' | 'second',
) => Promise<readonly (readonly Difference[])[]>;

/** Maximum age, in milliseconds, of the listing of all assignments: that of other listings that many clients share. */
const RECENT = 5_000;

/** Creates the comparison: one listing for all clients of a vault, and one read of a record for each. */
export function createCheckAccess(access: ReadAccess, config: Pick<Config, 'vaults'>): CheckAccess {
  const cache = createCache(RECENT);
  const hosts = vaultHosts(config);

  return async (clients, records, look) => {
    if (records === undefined || config.vaults.every(({ resourceId }) => resourceId === undefined))
      return clients.map(() => []);
    const listings = new Map<string, ReturnType<typeof listed>>();
    return eachOf(clients, async (client) => {
      const key = clientKey(client);
      const record = await records.record(key);
      const resourceId = findVault(config, clientVault(record, key, hosts))?.resourceId;
      if (resourceId === undefined) return [];
      const listing = listings.get(resourceId) ?? listed(resourceId, look === 'first' ? RECENT : 0);
      listings.set(resourceId, listing);
      const assignments = await listing;
      if (assignments === undefined) return [];
      const secrets = [mainSecretName(client), candidateSecretName(client)];
      return accessDifferences(record.access, readersOf(resourceId, secrets, assignments));
    });
  };

  /** Undefined: the app may not list them. */
  async function listed(resource: string, age: number) {
    try {
      return await cache.read(resource, () => access.listAssignments(resource), { age }).value;
    } catch (error) {
      if (error instanceof ServiceError && error.kind === 'forbidden') return undefined;
      throw error;
    }
  }
}
