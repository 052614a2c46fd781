import type { Config } from '../settings/config.js';
import { findVault } from '../settings/vaults.js';
import type { Ports } from '../ports/ports.js';
import type { CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import type { DryRunAnswer } from '@connected-registry/protocol/answers/answers';
import type { HeldAccess } from '../domain/access/heldAccess.js';
import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { OffboardingPlan } from '../domain/offboarding/offboardingPlan.js';
import { withAccess } from './access/accessDryRun.js';
import { createAssignmentMaker } from './access/assignmentMaker.js';
import { countWithin, createAssignmentCount, limitWarnings } from './access/assignmentCount.js';
import { createPlanAccess } from './access/planAccess.js';
import { createFindCaseTwins, type FindCaseTwins } from './clients/caseTwins.js';
import { createFindNear, createFindUnknown, type FindNear, type FindUnknown } from './clients/clientKnown.js';
import type { OtherTokens } from './clients/clientAccess.js';
import { createRevocationDryRun } from './clients/enabledAccess.js';
import { createOffboardingDryRun, createOffboardingPlan } from './clients/offboardingPlan.js';
import { createCheck, type Check } from './clients/check.js';
import { createHealth, type Health } from './health.js';
import { createInventory, type Inventory } from './clients/inventory.js';
import { createReadFleet, type ReadFleet } from './fleet/readFleet.js';
import { createEventFacts, type EventFacts } from './registry/eventFacts.js';
import { createPreflight, type Preflight } from './onboarding/preflight.js';
import { createRegistryFacts, type RegistryFactsQuery } from './registry/registryFacts.js';
import { createSharedReads, type SharedReads } from './registry/sharedReads.js';
import { createRotationPlan, type PlanRotation } from './rotation/rotationPlan.js';
import { createTokenUsers, type TokenUsers } from './clients/tokenUsers.js';
import { createUnmanagedTokens, type UnmanagedTokens } from './clients/unmanagedTokens.js';
import { createRotationSchedule, type RotationSchedule } from './rotation/rotationSchedule.js';

/** The tokens in the client's record, and who may read its secrets. */
type Remembered = Pick<OtherTokens, 'orphaned' | 'held'> & { readonly access?: HeldAccess };
/** @param vaultHost see InVault */
export type TakingAwayDryRun = (
  reference: ClientReference,
  vaultHost: string | undefined,
  remembered?: Remembered,
) => Promise<DryRunAnswer>;

/**
 * Warns if the subscription of a vault has almost no room for the role assignments of clients.
 *
 * @param vaultHost see InVault
 * @param more maximum milliseconds to wait, after which the count is called unknown; number of a rollout's clients
 */
export type LimitWarnings = (
  reference: ClientReference,
  vaultHost: string | undefined,
  more?: { readonly within?: number; readonly clients?: number },
) => Promise<readonly CheckWarning[]>;

/** Everything that only reads: no query writes to a service. */
export interface Queries {
  readonly reads: SharedReads;
  readonly tokenUsers: TokenUsers;
  readonly findUnknown: FindUnknown;
  readonly findNear: FindNear;
  readonly findCaseTwins: FindCaseTwins;
  readonly slowFacts: RegistryFactsQuery['slowFacts'];
  readonly preflight: Preflight;
  readonly planRotation: PlanRotation;
  readonly offboardingPlan: (
    reference: ClientReference,
    vaultHost: string | undefined,
    remembered?: Remembered,
  ) => Promise<OffboardingPlan>;
  readonly offboardingDryRun: TakingAwayDryRun;
  readonly revocationDryRun: TakingAwayDryRun;
  readonly rotationSchedule: RotationSchedule;
  readonly limitWarnings: LimitWarnings;
  readonly inventory: Inventory;
  /** For the overview and the inventory of all clients: their snapshot decides when. */
  readonly readFleet: ReadFleet;
  readonly unmanaged: UnmanagedTokens;
  readonly check: Check;
  readonly events: EventFacts;
  readonly health: Health;
}

/** Creates the queries over the app's ports. */
export function createQueries(ports: Ports, config: Config): Queries {
  const facts = createRegistryFacts(ports.controlPlane);
  const reads = createSharedReads(ports.controlPlane);
  const tokenUsers = createTokenUsers(ports.vaults);
  const dryRuns = {
    offboarding: createOffboardingDryRun(ports, tokenUsers),
    revocation: createRevocationDryRun(ports, tokenUsers),
  };
  const findNear = createFindNear(tokenUsers);
  const count = createAssignmentCount(ports.access);
  const makerOf = createAssignmentMaker(ports, config);
  return {
    reads,
    tokenUsers,
    findUnknown: createFindUnknown(ports, findNear),
    findNear,
    findCaseTwins: createFindCaseTwins(tokenUsers),
    slowFacts: (registry) => facts.slowFacts(registry),
    preflight: createPreflight(ports, config, facts, reads, tokenUsers, createPlanAccess(ports, config, count)),
    planRotation: createRotationPlan(ports, config, facts, reads, tokenUsers),
    offboardingPlan: createOffboardingPlan(ports, tokenUsers),
    offboardingDryRun: async (reference, vaultHost, remembered) =>
      withAccess(
        await dryRuns.offboarding(reference, vaultHost, remembered),
        'withdrawAccess',
        reference,
        remembered?.access,
        makerOf,
      ),
    revocationDryRun: async (reference, vaultHost, remembered) =>
      withAccess(
        await dryRuns.revocation(reference, vaultHost, remembered),
        'disable',
        reference,
        remembered?.access,
        makerOf,
      ),
    rotationSchedule: createRotationSchedule(ports.vaults, facts, config),
    limitWarnings: async (reference, vaultHost, { within, clients } = {}) => {
      const vault = findVault(config, vaultHost)?.resourceId;
      if (vault === undefined) return [];
      const usage = await (within === undefined ? count(vault) : countWithin(count, vault, within));
      return limitWarnings(reference, vault, usage, clients);
    },
    inventory: createInventory(ports, config, tokenUsers),
    readFleet: createReadFleet(ports, config),
    unmanaged: createUnmanagedTokens(ports, config, tokenUsers),
    check: createCheck(ports, config, tokenUsers, count),
    events: createEventFacts(ports),
    health: createHealth(ports, config),
  };
}
