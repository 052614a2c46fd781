import { USUAL_CHANNEL, type DeviceChannelChoice } from '../domain/deviceChannel.js';
import type { CredentialPromoted } from '../domain/pullCheckMessages.js';
import { promotionEventId } from '../domain/signalEvent.js';
import { done, type StepOutcome } from '../domain/stepOutcome.js';
import type { Ports } from '../ports/ports.js';
import { delivering } from './delivering.js';

export interface AnnouncePromotionInput extends CredentialPromoted {
  /** Runs of earlier versions name none. */
  readonly channel?: DeviceChannelChoice;
}

/** Tells the device that its main secret has a new version. */
export function announcePromotion({ devices }: Pick<Ports, 'devices'>) {
  return ({
    channel = USUAL_CHANNEL,
    ...message
  }: AnnouncePromotionInput): Promise<StepOutcome<{ readonly published: true }>> =>
    delivering(async () => {
      await devices.announcePromotion(promotionEventId(message.operation), message, channel);
      return done({ published: true });
    });
}
