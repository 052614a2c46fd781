import type { RotationFailed, RotationsStopped } from '@connected-registry/protocol/messages/operatorAlerts';

/** How operators are told of what needs a look. At least once. Throws ServiceError. */
export interface OperatorAlerts {
  /** @param id the same for the same alert, so that a receiver can drop a repetition. */
  rotationFailed(id: string, alert: RotationFailed): Promise<void>;
  rotationsStopped(id: string, alert: RotationsStopped): Promise<void>;
}
