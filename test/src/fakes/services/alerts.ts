import type {
  EnrolmentRefused,
  RolloutCompleted,
  RolloutPaused,
  RotationFailed,
  RotationsStopped,
} from '@connected-registry/protocol/messages/operatorAlerts';
import type { OperatorAlerts } from '../../../../src/ports/operatorAlerts.js';

/** Keeps what operators were notified of, by event id. */
export class FakeAlerts implements OperatorAlerts {
  readonly failed = new Map<string, RotationFailed>();
  readonly stopped = new Map<string, RotationsStopped>();
  readonly paused = new Map<string, RolloutPaused>();
  readonly completed = new Map<string, RolloutCompleted>();
  readonly refused = new Map<string, EnrolmentRefused>();

  async rotationFailed(id: string, alert: RotationFailed): Promise<void> {
    this.failed.set(id, alert);
  }

  async rotationsStopped(id: string, alert: RotationsStopped): Promise<void> {
    this.stopped.set(id, alert);
  }

  async rolloutPaused(id: string, alert: RolloutPaused): Promise<void> {
    this.paused.set(id, alert);
  }

  async rolloutCompleted(id: string, alert: RolloutCompleted): Promise<void> {
    this.completed.set(id, alert);
  }

  async enrolmentRefused(id: string, alert: EnrolmentRefused): Promise<void> {
    this.refused.set(id, alert);
  }
}
