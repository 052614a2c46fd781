import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { CredentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import { deriveAcknowledgementKey, type ReportKeys } from '../../domain/pullCheck/reportKey.js';
import { promotionEventId } from '@connected-registry/protocol/messages/signalEvent';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { delivering } from './delivering.js';

/** `expiresAt` (ISO 8601): until when the device may acknowledge. */
interface AnnouncePromotionInput extends Omit<CredentialPromoted, 'keyId' | 'reportKey' | 'expiresAt'> {
  readonly expiresAt: string;
  readonly channel: DeviceChannelChoice;
}

/**
 * Notifies the device that its main secret has a new version, and how to acknowledge it. The key is derived here, so that it
 * never reaches the durable history.
 */
export function announcePromotion({ devices }: Pick<Ports, 'devices'>, reportKeys: ReportKeys) {
  return ({ channel, ...promotion }: AnnouncePromotionInput): Promise<StepOutcome<{ readonly published: true }>> =>
    delivering(async () => {
      const { operation, expiresAt } = promotion;
      const { signing } = reportKeys;
      const reportKey = deriveAcknowledgementKey(signing, { operation, expiresAt });
      const message = { ...promotion, keyId: signing.id, reportKey };
      await devices.announcePromotion(promotionEventId(operation), message, channel);
      return done({ published: true });
    });
}
