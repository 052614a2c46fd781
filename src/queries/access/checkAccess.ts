import type { Difference } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { accessDifferences, readersOf } from '../../domain/access/accessDifferences.js';
import type { ReadAccess } from '../../ports/readAccess.js';
import type { Runs } from '../../ports/runs.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import type { Config } from '../../settings/config.js';
import { createCache } from '../cache.js';
import { eachOf } from '../eachOf.js';

/** Reads records of clients. */
export type ReadsRecords = Pick<Runs, 'record'>;

/**
 * Compares who may read clients' secrets with their records. Nothing is compared for an app that gives no access, or that may not
 * list role assignments.
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

/** Creates the comparison: one listing for all clients, and one read of a record for each. */
export function createCheckAccess(access: ReadAccess, { vault }: Pick<Config, 'vault'>): CheckAccess {
  const cache = createCache(RECENT);
  const { resourceId } = vault;

  return async (clients, records, look) => {
    if (resourceId === undefined || records === undefined || clients.length === 0) return clients.map(() => []);
    const assignments = await listed(resourceId, look === 'first' ? RECENT : 0);
    if (assignments === undefined) return clients.map(() => []);
    return eachOf(clients, async (client) => {
      const record = await records.record(clientKey(client));
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
