import type { EventGridPublisherClient } from '@azure/eventgrid';
import type { TokenCredential } from '@azure/identity';
import type { Config } from '../config.js';
import { CREDENTIAL_PROMOTED, PULL_CHECK_REQUESTED } from '../domain/pullCheckMessages.js';
import type { DeviceChannel } from '../ports/deviceChannel.js';
import { lazily } from './lazily.js';
import { calling } from './serviceErrors.js';

/** CloudEvents source of everything that the app tells devices. */
const SOURCE = '/connected-registry-onboarding';

/**
 * The device channel on an Event Grid custom topic, as CloudEvents 1.0. A subscription per client filters on the
 * subject, since pull-check events carry report keys.
 */
export function createEventGridChannel(config: Config['signalTopic'], credential: TokenCredential): DeviceChannel {
  const client = lazily(async (): Promise<EventGridPublisherClient<'CloudEvent'>> => {
    const { EventGridPublisherClient: Client } = await import('@azure/eventgrid');
    return new Client(config.endpoint, 'CloudEvent', credential, { retryOptions: { maxRetries: 0 } });
  });

  async function publish(type: string, id: string, data: { connectedRegistry: string; client: string }): Promise<void> {
    const sdk = await client();
    const subject = subjectOf(data.connectedRegistry, data.client);
    await calling(`publish ${type} for`, data.client, () =>
      sdk.send([{ type, id, source: SOURCE, subject, data, time: new Date() }]),
    );
  }

  return {
    requestPullCheck: (id, message) => publish(PULL_CHECK_REQUESTED, id, message),
    announcePromotion: (id, message) => publish(CREDENTIAL_PROMOTED, id, message),
  };
}

/** What a client's subscription filters on. */
export function subjectOf(connectedRegistry: string, client: string): string {
  return `connectedRegistries/${connectedRegistry}/clients/${client}`;
}
