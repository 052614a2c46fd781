import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';

/** How a device's agent is told something. At least once, in any order, perhaps late. Throws ServiceError. */
export interface DeviceChannel {
  /** @param id the same for the same message, so that a receiver can drop a repetition. */
  requestPullCheck(id: string, message: PullCheckRequested, channel: DeviceChannelChoice): Promise<void>;
  announcePromotion(id: string, message: CredentialPromoted, channel: DeviceChannelChoice): Promise<void>;
}
