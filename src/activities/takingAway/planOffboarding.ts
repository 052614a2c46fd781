import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { OffboardingPlan } from '../../domain/offboarding/offboardingPlan.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { OtherTokens } from '../../queries/clients/clientAccess.js';
import type { Queries } from '../../queries/queries.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';

interface PlanOffboardingInput extends Pick<OtherTokens, 'orphaned' | 'held'>, InVault {
  readonly reference: ClientReference;
}

/** Reads the client's resources and plans which to remove. */
export function planOffboarding(queries: Queries) {
  return ({ vaultHost, reference, ...recorded }: PlanOffboardingInput): Promise<StepOutcome<OffboardingPlan>> =>
    outcomeOf(async () => done(await queries.offboardingPlan(reference, vaultHost, recorded)));
}
