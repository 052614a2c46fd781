import type { EventGridPublisherClient } from '@azure/eventgrid';
import type { TokenCredential } from '@azure/identity';
import type { Config } from '../../settings/config.js';
import { signalEvent, type Signal } from '@connected-registry/protocol/messages/signalEvent';
import type { CredentialPromoted, PullCheckRequested } from '@connected-registry/protocol/messages/pullCheckMessages';
import type { PublishedType } from '../../serviceErrors/serviceOperation.js';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { budgetPolicy } from '../budget/budgetPolicy.js';
import { topicBucket } from '../budget/deviceBuckets.js';
import type { Turns } from '../budget/turns.js';
import { lazily } from '../calls/lazily.js';
import { pipelineOptions } from '../calls/pipelineOptions.js';
import { calling } from '../calls/serviceErrors.js';

/**
 * Creates the device channel on an Event Grid custom topic, with CloudEvents 1.0. Each client has a subscription that
 * filters on its subject, since pull-check events contain report keys.
 */
export function createEventGridChannel(config: Config['signalTopic'], credential: TokenCredential, turns: Turns) {
  const publish = createPublisher(config, credential, turns);
  const tell = (signal: Signal): Promise<void> => {
    seenSecrets.remember(signal.data.reportKey);
    return publish(signalEvent(signal));
  };
  return {
    requestPullCheck: (id: string, data: PullCheckRequested) => tell({ kind: 'pullCheckRequested', id, data }),
    announcePromotion: (id: string, data: CredentialPromoted) => tell({ kind: 'credentialPromoted', id, data }),
  };
}

interface PublishedEvent {
  readonly type: PublishedType;
  readonly id: string;
  readonly source: string;
  readonly subject: string;
  readonly data: object;
}

/** Publishes events on a topic; the SDK is loaded for the first event. @param turns gives each request its token */
export function createPublisher(config: Config['signalTopic'], credential: TokenCredential, turns: Turns) {
  const client = lazily(async (): Promise<EventGridPublisherClient<'CloudEvent'>> => {
    const { EventGridPublisherClient: Client } = await import('@azure/eventgrid');
    const options = pipelineOptions(config.endpoint, budgetPolicy(turns, topicBucket));
    return new Client(config.endpoint, 'CloudEvent', credential, options);
  });
  return async ({ type, id, source, subject, data }: PublishedEvent): Promise<void> => {
    const sdk = await client();
    await calling(`publish ${type} for`, subject, () =>
      sdk.send([{ type, id, source, subject, data, time: new Date() }]),
    );
  };
}
