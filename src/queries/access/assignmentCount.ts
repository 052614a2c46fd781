import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { AssignmentUsage, ReadAccess } from '../../ports/readAccess.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { subscriptionOfVault } from '../../settings/vaults.js';
import { createCache } from '../cache.js';
import { vaultName } from './accessProblems.js';

/**
 * Counts the role assignments of a vault's subscription, once for all vaults in it. The count may be a minute old: the service refuses what would be too
 * many, whatever was counted. Undefined: unknown, because the app may not read it. @throws ServiceError
 */
export type AssignmentCount = (vault: string) => Promise<AssignmentUsage | undefined>;

/** Maximum age in milliseconds. */
const FRESH_FOR = 60_000;

/** Share of the limit from which it is reported. */
const NEAR = 0.9;

/** Creates the counter. */
export function createAssignmentCount(access: Pick<ReadAccess, 'countAssignments'>): AssignmentCount {
  const cache = createCache(FRESH_FOR);
  return (vault) =>
    cache.read(subscriptionOfVault({ resourceId: vault }) ?? vault, async () => {
      try {
        return await access.countAssignments(vault);
      } catch (error) {
        if (error instanceof ServiceError && error.kind === 'forbidden') return undefined;
        throw error;
      }
    }).value;
}

/**
 * Warns of a subscription that is almost full, or whose assignments cannot be counted.
 * @param vault resource id of a vault in it
 */
export function limitWarnings(
  { registry, connectedRegistry }: ClientReference,
  vault: string,
  usage: AssignmentUsage | undefined,
): CheckWarning[] {
  if (usage === undefined)
    return [
      {
        code: 'role-assignments-uncounted',
        registry,
        connectedRegistry,
        message: `How many role assignments the subscription of the vault ${vaultName(vault)} has is unknown: the app may not read it.`,
        fix: 'Give the app the role Connected Registry Role Assignment Counter on the subscription (docs/deploy.md).',
      },
    ];
  const { limit, count } = usage;
  if (count < limit * NEAR) return [];
  return [
    {
      code: 'role-assignments-near-limit',
      registry,
      connectedRegistry,
      message: `The subscription of the vault ${vaultName(vault)} has ${count} of at most ${limit} role assignments; each client with an identity needs two.`,
      fix: 'Remove assignments that nobody needs, or add a vault in another subscription (docs/operations.md).',
    },
  ];
}
