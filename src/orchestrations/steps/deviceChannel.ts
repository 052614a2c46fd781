import { DEFAULT_CHANNEL, type DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { Run } from '../../domain/operations/run.js';

/**
 * How the run's device gets its messages. One that has joined asks for them, whatever its profile says. One that joins
 * during the run asks, too: messages are made from the run's status, so it gets them in addition to what is sent.
 *
 * @param hasJoined as the client's record said when the run began
 */
export function channelOfRun(
  { channel = DEFAULT_CHANNEL }: Pick<Run, 'channel'>,
  hasJoined: boolean,
): DeviceChannelChoice {
  return hasJoined ? { kind: 'poll' } : channel;
}
