import type { Revocation } from '../domain/clientRecord.js';
import type { HeldToken } from '../domain/heldToken.js';
import type { LeftToken } from '../domain/leftToken.js';
import type { Onboarding } from '../domain/onboardingRequest.js';
import type { OnboardingPlan } from '../domain/plan.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Queries } from '../queries/queries.js';
import { outcomeOf } from '../ports/outcomeOf.js';

export interface PreflightInput {
  readonly onboarding: Onboarding;
  /** The revocation that this onboarding is to lift. */
  readonly lifts?: Revocation;
  /** Tokens that earlier runs made and left. */
  readonly left?: readonly LeftToken[];
  /** Tokens that the client has from us. */
  readonly held?: readonly HeldToken[];
}

/** Reads everything once; problems are part of the plan, not a failure of this step. */
export function preflight(queries: Queries) {
  return ({ onboarding, lifts, left, held }: PreflightInput): Promise<StepOutcome<OnboardingPlan>> =>
    outcomeOf(async () => done(await queries.preflight(onboarding, lifts, left, held)));
}
