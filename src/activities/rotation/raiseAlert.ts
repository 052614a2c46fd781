import type { RotationFailed, RotationsStopped } from '@connected-registry/protocol/messages/operatorAlerts';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';

/** The outcome of an alert. */
export type Raised = Promise<StepOutcome<{ readonly published: true }>>;

/** Alerts operators that a rotation failed, and when it will be retried. */
export function alertRotationFailed({ alerts }: Ports) {
  return (alert: RotationFailed): Raised =>
    outcomeOf(async () => {
      await alerts.rotationFailed(`${alert.operation}.failed`, alert);
      return done({ published: true });
    });
}

/** Alerts operators that failures stopped a sweep. */
export function alertRotationsStopped({ alerts }: Ports) {
  return (alert: RotationsStopped): Raised =>
    outcomeOf(async () => {
      await alerts.rotationsStopped(`${alert.sweep}.stopped`, alert);
      return done({ published: true });
    });
}
