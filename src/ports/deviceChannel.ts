import type { HubTarget, OpenChannel } from '@connected-registry/protocol/messages/deviceChannel';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { Signal } from '@connected-registry/protocol/messages/signalEvent';

/** A message that only the device can read, since it is sealed to keys of its own. */
export interface SealedSignal {
  readonly kind: Signal['kind'];
  /** The client, which is the device's id in its hub. */
  readonly client: string;
  /** A JWE in compact serialization. It may be kept in the hub until the device connects. */
  readonly message: string;
  /** A JWE of the secret that the message names; absent if the vault has none. No hub keeps it. */
  readonly secret?: string;
}

/**
 * Sends messages to the agents on devices. A message arrives at least once, in any order, perhaps late. All methods
 * throw ServiceError.
 */
export interface DeviceChannel {
  /** @param id equal for repetitions of one message, so that the receiver can drop them. */
  requestPullCheck(id: string, message: PullCheckRequested, channel: OpenChannel): Promise<void>;
  /** @param id as above. */
  announcePromotion(id: string, message: CredentialPromoted, channel: OpenChannel): Promise<void>;
  /** Sends a message to a device whose keys a hub vouches for. */
  sendSealed(id: string, signal: SealedSignal, target: HubTarget): Promise<void>;
}
