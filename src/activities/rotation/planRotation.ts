import type { RotationPlan } from '../../domain/rotation/rotationPlan.js';
import type { Rotation } from '@connected-registry/protocol/requests/rotationRequest';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { InVault } from '../../domain/vaults/clientVault.js';
import type { Queries } from '../../queries/queries.js';

interface PlanRotationInput extends InVault {
  readonly rotation: Rotation;
  /** Version of the main secret that the device acknowledged. */
  readonly acknowledged?: string;
}

/** Plans the rotation. Problems are part of the plan: they do not fail this step. */
export function planRotation(queries: Pick<Queries, 'planRotation'>) {
  return ({ vaultHost, rotation, acknowledged }: PlanRotationInput): Promise<StepOutcome<RotationPlan>> =>
    outcomeOf(async () => done(await queries.planRotation(rotation, vaultHost, acknowledged)));
}
