import type { TokenCredential } from '@azure/identity';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import { parseOperationId } from '@connected-registry/protocol/names/operationId';
import type { Config } from '../../settings/config.js';
import type { DeviceChannel } from '../../ports/deviceChannel.js';
import type { NewsHints } from '../../ports/newsHints.js';
import type { Turns } from '../budget/turns.js';
import { createEventGridChannel } from './eventGridChannel.js';
import type { IotHub } from './iotHub.js';
import { createIotHubChannel } from './iotHubChannel.js';

/**
 * Creates the channels to devices. A polling device is sent nothing: its open request, if this instance holds it, looks
 * at its run's status.
 */
export function createDeviceChannels(
  config: Pick<Config, 'signalTopic'>,
  credential: TokenCredential,
  hub: IotHub,
  turns: Turns,
  hints: NewsHints,
): DeviceChannel {
  const topic = createEventGridChannel(config.signalTopic, credential, turns);
  const hubChannel = createIotHubChannel(hub);
  function hintAbout({ operation }: PullCheckRequested | CredentialPromoted): void {
    const instance = parseOperationId(operation)?.instance;
    if (instance !== undefined) hints.hint(instance);
  }

  return {
    requestPullCheck: async (id, message, channel) => {
      if (channel.kind === 'eventGrid') await topic.requestPullCheck(id, message);
      if (channel.kind === 'iotHub') await hubChannel.requestPullCheck(message, channel);
      if (channel.kind === 'poll') hintAbout(message);
    },
    announcePromotion: async (id, message, channel) => {
      if (channel.kind === 'eventGrid') await topic.announcePromotion(id, message);
      if (channel.kind === 'iotHub') await hubChannel.announcePromotion(message, channel);
      if (channel.kind === 'poll') hintAbout(message);
    },
    sendSealed: (_id, signal, target) => hubChannel.sendSealed(signal, target),
  };
}
