import type { DeviceChannelChoice } from '../domain/deviceChannel.js';
import type { CredentialPromoted, PullCheckRequested } from '../domain/pullCheckMessages.js';

/** How a device's agent is told something. At least once, in any order, perhaps late. Throws ServiceError. */
export interface DeviceChannel {
  /** @param id the same for the same message, so that a receiver can drop a repetition. */
  requestPullCheck(id: string, message: PullCheckRequested, channel: DeviceChannelChoice): Promise<void>;
  announcePromotion(id: string, message: CredentialPromoted, channel: DeviceChannelChoice): Promise<void>;
}
