import { DEFAULT_CHANNEL, type DeviceChannelChoice } from '@connected-registry/protocol/messages/deviceChannel';
import type { Run } from '../../domain/operations/run.js';

/**
 * How the run's device gets its messages. One that has joined, and one with a poller in the client's record, asks for them,
 * whatever its profile says. One that joins or gets a poller during the run asks, too: messages are made from the run's status,
 * so it gets them in addition to what is sent.
 *
 * @param asks as the client's record and the request said when the run began
 */
export function channelOfRun({ channel = DEFAULT_CHANNEL }: Pick<Run, 'channel'>, asks: boolean): DeviceChannelChoice {
  return asks ? { kind: 'poll' } : channel;
}
