import type { OnboardingPlan } from '../../domain/onboarding/plan.js';
import type { ProblemCode } from '@connected-registry/protocol/answers/codes';
import { refusing } from '@connected-registry/protocol/answers/problems';
import type { Run } from '../../domain/operations/run.js';
import { backoffSeconds, repeat, type Backoff, type Try } from '../run/backoff.js';
import type { Flow } from '../run/flow.js';
import type { RunContext } from '../run/runContext.js';

/** Pauses between two looks, in seconds: the wait may last for days, and its history must stay short. */
const LOOK: Backoff = { first: 60, longest: 3600 };

/**
 * The problems of a connected registry that its installation has not activated yet: it reports no login server either.
 */
const NOT_ACTIVE: readonly ProblemCode[] = ['connected-registry-inactive', 'endpoint-unknown'];

/**
 * The plan of a run. A run that a new connected registry's event requested may come before the registry's installation
 * at the edge: it looks again until the connected registry is active, or until its deadline.
 */
export function* planWhenActive(run: RunContext<Run>, look: () => Flow<OnboardingPlan>): Flow<OnboardingPlan> {
  const { awaitsActivation = false, limits } = run.input;
  const deadline = run.later(limits.activationDeadlineSeconds ?? 0);
  return yield* repeat<OnboardingPlan>(run, function* (tries): Flow<Try<OnboardingPlan>> {
    const plan = yield* look();
    const seconds = backoffSeconds(LOOK, tries);
    if (!awaitsActivation || !isOnlyInactive(plan) || run.later(seconds) > deadline) return { value: plan };
    return { seconds, because: 'the connected registry is not active yet', next: 'looking again' };
  });
}

function isOnlyInactive(plan: OnboardingPlan): boolean {
  const problems = refusing(plan.problems);
  return (
    problems.some(({ code }) => code === 'connected-registry-inactive') &&
    problems.every(({ code }) => NOT_ACTIVE.includes(code))
  );
}
