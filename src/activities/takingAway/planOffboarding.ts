import type { ClientReference } from '@connected-registry/protocol/names/clientKey';
import type { OffboardingPlan } from '../../domain/offboarding/offboardingPlan.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { OtherTokens } from '../../queries/clients/clientAccess.js';
import type { Queries } from '../../queries/queries.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

interface PlanOffboardingInput extends Pick<OtherTokens, 'orphaned' | 'held'> {
  readonly reference: ClientReference;
}

/** Reads the client's resources and plans which to remove. */
export function planOffboarding(queries: Queries) {
  return ({ reference, ...recorded }: PlanOffboardingInput): Promise<StepOutcome<OffboardingPlan>> =>
    outcomeOf(async () => done(await queries.offboardingPlan(reference, recorded)));
}
