import type {
  EnrolmentRefused,
  RolloutCompleted,
  RolloutPaused,
  RotationFailed,
  RotationsStopped,
} from '@connected-registry/protocol/messages/operatorAlerts';

/** Sends alerts to operators, each at least once. All methods throw ServiceError. */
export interface OperatorAlerts {
  /** @param id equal for repetitions of one alert, so that the receiver can drop them. */
  rotationFailed(id: string, alert: RotationFailed): Promise<void>;
  /** @param id as above. */
  rotationsStopped(id: string, alert: RotationsStopped): Promise<void>;
  /** @param id as above. */
  rolloutPaused(id: string, alert: RolloutPaused): Promise<void>;
  /** @param id as above. */
  rolloutCompleted(id: string, alert: RolloutCompleted): Promise<void>;
  /** @param id as above. */
  enrolmentRefused(id: string, alert: EnrolmentRefused): Promise<void>;
}
