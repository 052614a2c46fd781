import type { CredentialPromoted } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { Delivery } from '../../domain/enrolment/sealedDelivery.js';
import { deriveAcknowledgementKey, type ReportKeys } from '../../domain/pullCheck/reportKey.js';
import { promotionEventId } from '@connected-registry/protocol/messages/signalEvent';
import type { InVault } from '../../domain/vaults/clientVault.js';
import { outcomeOf } from '../../serviceErrors/outcomeOf.js';
import { done, type StepOutcome } from '../../domain/operations/stepOutcome.js';
import type { Ports } from '../../ports/ports.js';
import { delivering } from './delivering.js';
import { sealSignal } from './sealedSending.js';

/** `expiresAt` (ISO 8601): until when the device may acknowledge. */
interface AnnouncePromotionInput extends Omit<CredentialPromoted, 'keyId' | 'reportKey' | 'expiresAt'>, InVault {
  readonly expiresAt: string;
  readonly channel: Delivery;
}

/**
 * Notifies the device that its main secret has a new version, and how to acknowledge it. The key is derived here, so
 * that it never reaches the durable history.
 */
export function announcePromotion(ports: Pick<Ports, 'devices' | 'sealed'>, reportKeys: ReportKeys) {
  return ({
    channel,
    vaultHost,
    ...promotion
  }: AnnouncePromotionInput): Promise<StepOutcome<{ readonly published: true }>> =>
    outcomeOf(async () => {
      const { operation, expiresAt } = promotion;
      const { signing } = reportKeys;
      const reportKey = deriveAcknowledgementKey(signing, { operation, expiresAt });
      const data = { ...promotion, keyId: signing.id, reportKey };
      const id = promotionEventId(operation);
      const send = (work: () => Promise<void>) =>
        delivering(() => work().then(() => done({ published: true as const })));
      const { devices, sealed } = ports;
      if (channel.kind !== 'hub') return send(() => devices.announcePromotion(id, data, channel));
      const signal = { kind: 'credentialPromoted', id, data } as const;
      const message = await sealSignal(sealed, reportKeys, signal, { ...channel, vaultHost });
      return send(() => devices.sendSealed(id, message, channel.target));
    });
}
