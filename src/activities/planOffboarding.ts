import type { ClientReference } from '../domain/clientKey.js';
import type { OffboardingPlan } from '../domain/offboardingPlan.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { OtherTokens } from '../queries/clientAccess.js';
import type { Queries } from '../queries/queries.js';
import { outcomeOf } from '../ports/outcomeOf.js';

export interface PlanOffboardingInput extends Pick<OtherTokens, 'left' | 'held'> {
  readonly reference: ClientReference;
}

/** Reads what is left of the client, and decides what of it is to go. */
export function planOffboarding(queries: Queries) {
  return ({ reference, ...remembered }: PlanOffboardingInput): Promise<StepOutcome<OffboardingPlan>> =>
    outcomeOf(async () => done(await queries.offboardingPlan(reference, remembered)));
}
