import { DEFAULT_CHANNEL, type DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { Started } from '../../domain/clients/clientRecord.js';
import type { Run } from '../../domain/operations/run.js';

/**
 * How the run's device gets its messages. One that has joined asks for them, whatever its profile says. One that joins
 * during the run asks, too: messages are made from the run's status, so it gets them in addition to what is sent. A device whose
 * keys a hub has vouched for is sent nothing in clear any more, also if its profile says so: it stays at its hub, or moves to
 * the one that its profile names.
 *
 * @param known what the client's record said of its device when the run began
 */
export function channelOfRun(
  { channel = DEFAULT_CHANNEL }: Pick<Run, 'channel'>,
  { hasJoined, hub }: Pick<Started, 'hasJoined' | 'hub'>,
): DeviceChannelChoice {
  if (hasJoined) return { kind: 'poll' };
  if (!hub) return channel;
  return 'hub' in channel ? { ...channel, kind: 'hub' } : { ...hub, kind: 'hub' };
}
