import { DEFAULT_CHANNEL, type DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { Started } from '../../domain/clients/clientRecord.js';
import type { Run } from '../../domain/operations/run.js';

/** What is known of the run's device when it begins. */
interface KnownDevice {
  /** Whether it asks for its messages: it has joined, or the client's record or the request names a poller. */
  readonly asks: boolean;
  readonly hub?: Started['hub'];
}

/**
 * How the run's device gets its messages. One that has joined, and one with a poller in the client's record, asks for
 * them, whatever its profile says. One that joins or gets a poller during the run asks, too: messages are made from the
 * run's status, so it gets them in addition to what is sent. A device whose keys a hub has vouched for is sent nothing
 * in clear any more, also if its profile says so: it stays at its hub, or moves to the one that its profile names,
 * unless an operator names a poller.
 *
 * @param known what the client's record and the request said of its device when the run began
 */
export function channelOfRun(
  { channel = DEFAULT_CHANNEL }: Pick<Run, 'channel'>,
  { asks, hub }: KnownDevice,
): DeviceChannelChoice {
  if (asks) return { kind: 'poll' };
  if (!hub) return channel;
  return 'hub' in channel ? { ...channel, kind: 'hub' } : { ...hub, kind: 'hub' };
}
