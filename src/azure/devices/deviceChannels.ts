import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../settings/config.js';
import type { DeviceChannel } from '../../ports/deviceChannel.js';
import type { Turns } from '../budget/turns.js';
import { createEventGridChannel } from './eventGridChannel.js';
import type { IotHub } from './iotHub.js';
import { createIotHubChannel } from './iotHubChannel.js';

/** Creates the channels to devices. A polling device is sent nothing: the polling route reads its run's status. */
export function createDeviceChannels(
  config: Pick<Config, 'signalTopic'>,
  credential: TokenCredential,
  hub: IotHub,
  turns: Turns,
): DeviceChannel {
  const topic = createEventGridChannel(config.signalTopic, credential, turns);
  const hubChannel = createIotHubChannel(hub);
  return {
    requestPullCheck: async (id, message, channel) => {
      if (channel.kind === 'eventGrid') await topic.requestPullCheck(id, message);
      if (channel.kind === 'iotHub') await hubChannel.requestPullCheck(message, channel);
    },
    announcePromotion: async (id, message, channel) => {
      if (channel.kind === 'eventGrid') await topic.announcePromotion(id, message);
      if (channel.kind === 'iotHub') await hubChannel.announcePromotion(message, channel);
    },
    sendSealed: (_id, signal, target) => hubChannel.sendSealed(signal, target),
  };
}
