import type { RotationPlan } from '../../domain/rotation/rotationPlan.js';
import type { Rotation } from '@connected-registry/protocol/requests/rotationRequest';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Queries } from '../../queries/queries.js';

export interface PlanRotationInput {
  readonly rotation: Rotation;
  /** Version of the main secret that the device says it uses. */
  readonly acknowledged?: string;
}

/** Reads everything once; problems are part of the plan, not a failure of this step. */
export function planRotation(queries: Pick<Queries, 'planRotation'>) {
  return ({ rotation, acknowledged }: PlanRotationInput): Promise<StepOutcome<RotationPlan>> =>
    outcomeOf(async () => done(await queries.planRotation(rotation, acknowledged)));
}
