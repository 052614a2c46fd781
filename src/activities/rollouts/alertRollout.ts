import type { RolloutCompleted, RolloutPaused } from '@connected-registry/protocol/messages/operatorAlerts';
import { done } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import type { Raised } from '../rotation/raiseAlert.js';

/** Alerts operators that failures paused a rollout. */
export function alertRolloutPaused({ alerts }: Pick<Ports, 'alerts'>) {
  return (alert: RolloutPaused): Raised =>
    outcomeOf(async () => {
      await alerts.rolloutPaused(`${alert.rollout}.paused.${alert.pausedAt}`, alert);
      return done({ published: true });
    });
}

/** Alerts operators that a rollout has ended. */
export function alertRolloutCompleted({ alerts }: Pick<Ports, 'alerts'>) {
  return (alert: RolloutCompleted): Raised =>
    outcomeOf(async () => {
      await alerts.rolloutCompleted(`${alert.rollout}.completed.${alert.endedAt}`, alert);
      return done({ published: true });
    });
}
