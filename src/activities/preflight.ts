import type { Onboarding } from '../domain/onboardingRequest.js';
import type { OnboardingPlan } from '../domain/plan.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Queries } from '../queries/queries.js';
import { outcomeOf } from '../ports/outcomeOf.js';

/** Reads everything once; problems are part of the plan, not a failure of this step. */
export function preflight(queries: Queries) {
  return ({ onboarding }: { readonly onboarding: Onboarding }): Promise<StepOutcome<OnboardingPlan>> =>
    outcomeOf(async () => done(await queries.preflight(onboarding)));
}
