import type { DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';

/**
 * Sends messages to the agents on devices. A message arrives at least once, in any order, perhaps late. All methods throw
 * ServiceError.
 */
export interface DeviceChannel {
  /** @param id equal for repetitions of one message, so that the receiver can drop them. */
  requestPullCheck(id: string, message: PullCheckRequested, channel: DeviceChannelChoice): Promise<void>;
  /** @param id as above. */
  announcePromotion(id: string, message: CredentialPromoted, channel: DeviceChannelChoice): Promise<void>;
}
