import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import { offlineWarnings } from '../../domain/schedules/offlineTime.js';
import type { ReadAccess } from '../../ports/readAccess.js';
import type { Config } from '../../settings/config.js';
import { limitWarnings, type AssignmentCount } from '../access/assignmentCount.js';
import { eachOf } from '../eachOf.js';
import type { RegistryReader } from '../registry/registryReader.js';

/** Warns of subscriptions that are almost full, for some clients. @throws ServiceError */
export type VaultLimitWarnings = (clients: readonly ClientReference[]) => Promise<CheckWarning[]>;

/** Creates the warnings: one for each vault, since the limit is its subscription's, and no client's. */
export function createVaultLimitWarnings(
  access: Pick<ReadAccess, 'mayAssign'>,
  { vaults }: Pick<Config, 'vaults'>,
  count: AssignmentCount,
): VaultLimitWarnings {
  return async ([first]) => {
    if (first === undefined) return [];
    const ofEach = await eachOf(vaults, async ({ resourceId }) => {
      // An app that lets no device read its secrets needs no room for it.
      if (resourceId === undefined || !(await access.mayAssign(resourceId))) return [];
      return limitWarnings(first, resourceId, await count(resourceId));
    });
    return ofEach.flat();
  };
}

/** Warns of the connected registries of these clients that are offline for long. @throws ServiceError */
export async function connectedRegistryWarnings(
  clients: readonly ClientReference[],
  reader: RegistryReader,
): Promise<CheckWarning[]> {
  const concerned = new Set(clients.map(nameOf));
  const registries = [...new Set(clients.map(({ registry }) => registry))];
  const now = new Date();
  const warnings = await eachOf(registries, async (registry) =>
    (await reader.connectedRegistries(registry))
      .filter(({ name }) => concerned.has(nameOf({ registry, connectedRegistry: name })))
      .flatMap((facts) => offlineWarnings(registry, facts, now)),
  );
  return warnings.flat();
}

function nameOf({ registry, connectedRegistry }: Pick<ClientReference, 'registry' | 'connectedRegistry'>): string {
  return `${registry}/${connectedRegistry}`.toLowerCase();
}
