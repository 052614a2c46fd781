import type { ClientReference } from '../domain/clientKey.js';
import type { LeftToken } from '../domain/leftToken.js';
import type { OffboardingPlan } from '../domain/offboardingPlan.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Queries } from '../queries/queries.js';
import { outcomeOf } from '../ports/outcomeOf.js';

export interface PlanOffboardingInput {
  readonly reference: ClientReference;
  /** Tokens that earlier runs made and left. */
  readonly left?: readonly LeftToken[];
}

/** Reads what is left of the client, and decides what of it is to go. */
export function planOffboarding(queries: Queries) {
  return ({ reference, left }: PlanOffboardingInput): Promise<StepOutcome<OffboardingPlan>> =>
    outcomeOf(async () => done(await queries.offboardingPlan(reference, left)));
}
