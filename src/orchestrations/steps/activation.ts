import type { OrchestrationContext } from 'durable-functions';
import type { OnboardingPlan } from '../../domain/onboarding/plan.js';
import type { ProblemCode } from '@connected-registry/protocol/answers/codes';
import { refusing } from '@connected-registry/protocol/answers/problems';
import type { Run } from '../../domain/operations/run.js';
import { later, type Flow } from '../run/flow.js';
import type { ProgressLog } from '../run/progressLog.js';
import type { StepRunner } from '../run/stepRunner.js';

/** First and longest pause between two looks, in seconds: the wait may last for days, and its history must stay short. */
const LOOK = { first: 60, longest: 3600 };

/** What a connected registry that its installation has not activated yet lacks: it tells of no login server either. */
const NOT_ACTIVE: readonly ProblemCode[] = ['connected-registry-inactive', 'endpoint-unknown'];

/**
 * The plan of a run. One that the making of a connected registry has asked for comes before its installation at the edge:
 * it looks again until that is active, or its deadline.
 */
export function* planWhenActive(
  context: OrchestrationContext,
  { awaitsActivation = false, limits }: Run,
  runner: StepRunner,
  log: ProgressLog,
  look: () => Flow<OnboardingPlan>,
): Flow<OnboardingPlan> {
  const deadline = later(context, limits.activationDeadlineSeconds ?? 0);
  for (let pause = LOOK.first; ; pause = Math.min(LOOK.longest, pause * 2)) {
    const plan = yield* look();
    const next = later(context, pause);
    if (!awaitsActivation || !isOnlyInactive(plan) || next > deadline) return plan;
    log.waiting(`the connected registry is not active yet; looking again at ${next.toISOString()}`);
    yield* runner.pause(pause);
  }
}

function isOnlyInactive(plan: OnboardingPlan): boolean {
  const problems = refusing(plan.problems);
  return (
    problems.some(({ code }) => code === 'connected-registry-inactive') &&
    problems.every(({ code }) => NOT_ACTIVE.includes(code))
  );
}
