import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../settings/config.js';
import {
  ENROLMENT_REFUSED,
  ROLLOUT_COMPLETED,
  ROLLOUT_PAUSED,
  ROTATION_FAILED,
  ROTATIONS_STOPPED,
} from '@connected-registry/protocol/messages/operatorAlerts';
import { clientSubject, SOURCE } from '@connected-registry/protocol/messages/signalEvent';
import type { OperatorAlerts } from '../../ports/operatorAlerts.js';
import type { Turns } from '../budget/turns.js';
import { createPublisher } from './eventGridChannel.js';

/**
 * Publishes alerts on the signal topic. Their subjects begin with `alerts/`, so that no device's subscription, which
 * filters on the device's own subject, receives one.
 */
export function createEventGridAlerts(
  config: Config['signalTopic'],
  credential: TokenCredential,
  turns: Turns,
): OperatorAlerts {
  const publish = createPublisher(config, credential, turns);
  return {
    rotationFailed: (id, data) => {
      const subject = `alerts/${clientSubject(data)}`;
      return publish({ type: ROTATION_FAILED, id, source: SOURCE, subject, data });
    },
    rotationsStopped: (id, data) =>
      publish({ type: ROTATIONS_STOPPED, id, source: SOURCE, subject: 'alerts/rotations', data }),
    rolloutPaused: (id, data) =>
      publish({ type: ROLLOUT_PAUSED, id, source: SOURCE, subject: 'alerts/rollouts', data }),
    rolloutCompleted: (id, data) =>
      publish({ type: ROLLOUT_COMPLETED, id, source: SOURCE, subject: 'alerts/rollouts', data }),
    enrolmentRefused: (id, data) => {
      const subject = `alerts/${clientSubject(data)}`;
      return publish({ type: ENROLMENT_REFUSED, id, source: SOURCE, subject, data });
    },
  };
}
