import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { AssignmentUsage, ReadAccess } from '../../ports/readAccess.js';
import { ServiceError } from '../../serviceErrors/serviceError.js';
import { subscriptionOfVault } from '../../settings/vaults.js';
import { createCache } from '../cache.js';
import { inTime } from '../inTime.js';
import { vaultName } from './accessProblems.js';

/**
 * Counts the role assignments of a vault's subscription, once for all vaults in it. The count may be a minute old: the
 * service refuses what would be too many, whatever was counted. Undefined: unknown, because the app may not read it.
 * @throws ServiceError
 */
export type AssignmentCount = (vault: string) => Promise<AssignmentUsage | undefined>;

/** Maximum age in milliseconds. */
const FRESH_FOR = 60_000;

/** Share of the limit from which it is reported. */
const NEAR = 0.9;

/** Role assignments of one client: one on each of its two secrets. */
const ASSIGNMENTS_OF_CLIENT = 2;

/**
 * The same for whoever waits for an answer: a count that fails or takes longer is called unknown.
 * @param within maximum milliseconds to wait
 */
export async function countWithin(count: AssignmentCount, vault: string, within: number) {
  const reading = count(vault).catch(() => 'unread' as const);
  return inTime(reading, within, 'unread' as const);
}

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
 *
 * @param vault resource id of a vault in it
 * @param usage undefined: the app may not read it; `unread`: it could not be read now
 * @param clients clients of a rollout that are to get access in this subscription; some of them may have it already
 */
export function limitWarnings(
  { registry, connectedRegistry }: ClientReference,
  vault: string,
  usage: AssignmentUsage | 'unread' | undefined,
  clients = 0,
): CheckWarning[] {
  if (usage === undefined || usage === 'unread') {
    const [reason, fix] = UNCOUNTED[usage ?? 'forbidden'];
    return [
      {
        code: 'role-assignments-uncounted',
        registry,
        connectedRegistry,
        message: `How many role assignments the subscription of the vault ${vaultName(vault)} has is unknown: ${reason}.`,
        fix,
      },
    ];
  }
  const { limit, count } = usage;
  const needed = clients * ASSIGNMENTS_OF_CLIENT;
  if (count + needed < limit * NEAR) return [];
  const ofRollout = clients === 0 ? '' : `, and this rollout makes up to ${needed} more`;
  return [
    {
      code: 'role-assignments-near-limit',
      registry,
      connectedRegistry,
      message: `The subscription of the vault ${vaultName(vault)} has ${count} of at most ${limit} role assignments${ofRollout}; each client with an identity needs two.`,
      fix: 'Remove assignments that nobody needs, or add a vault in another subscription (docs/operations.md).',
    },
  ];
}

const UNCOUNTED = {
  forbidden: [
    'the app may not read it',
    'Give the app the role Connected Registry Role Assignment Counter on the subscription (docs/deploy.md).',
  ],
  unread: ['it could not be read in time', 'Check the client for the number later (POST /api/checks).'],
} as const;
