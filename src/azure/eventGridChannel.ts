import type { EventGridPublisherClient } from '@azure/eventgrid';
import type { TokenCredential } from '@azure/identity';
import type { Config } from '../config.js';
import { signalEvent, type Signal } from '../domain/signalEvent.js';
import type { CredentialPromoted, PullCheckRequested } from '../domain/pullCheckMessages.js';
import { lazily } from './lazily.js';
import { calling } from './serviceErrors.js';

/**
 * The device channel on an Event Grid custom topic, as CloudEvents 1.0. A subscription per client filters on the
 * subject, since pull-check events carry report keys.
 */
export function createEventGridChannel(config: Config['signalTopic'], credential: TokenCredential) {
  const client = lazily(async (): Promise<EventGridPublisherClient<'CloudEvent'>> => {
    const { EventGridPublisherClient: Client } = await import('@azure/eventgrid');
    return new Client(config.endpoint, 'CloudEvent', credential, { retryOptions: { maxRetries: 0 } });
  });

  async function publish(signal: Signal): Promise<void> {
    const sdk = await client();
    const { type, id, source, subject } = signalEvent(signal);
    await calling(`publish ${type} for`, signal.data.client, () =>
      sdk.send([{ type, id, source, subject, data: signal.data, time: new Date() }]),
    );
  }

  return {
    requestPullCheck: (id: string, data: PullCheckRequested) => publish({ kind: 'pullCheckRequested', id, data }),
    announcePromotion: (id: string, data: CredentialPromoted) => publish({ kind: 'credentialPromoted', id, data }),
  };
}
