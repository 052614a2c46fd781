import { AzureKeyCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { Cloud, type RawReply } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';
import { Subscriber } from '../../../../test/shared/subscriber.js';

type Schema = 'CloudEventSchemaV1_0' | 'EventGridSchema';

/** An event of the Event Grid schema, with changes. */
export const gridEvent = (change: object = {}) => ({
  id: 'event-1',
  eventType: 'Made.Up',
  subject: 'devices/one',
  dataVersion: '1',
  data: { answer: 42 },
  eventTime: new Date('2026-01-02T03:04:05Z'),
  ...change,
});

/** A CloudEvent, with changes. */
export const cloudEvent = (change: object = {}) => ({
  id: 'signal-1',
  type: 'Made.Up',
  source: '/app',
  subject: 'client-a',
  data: { a: 1 },
  ...change,
});

/** A control plane on a manual clock, and a webhook that can subscribe to its topics. */
export class EventGridUnderTest {
  private constructor(
    readonly cloud: Cloud,
    readonly clock: ManualClock,
    readonly subscriber: Subscriber,
  ) {}

  static async start(): Promise<EventGridUnderTest> {
    const clock = new ManualClock();
    return new EventGridUnderTest(await Cloud.start({ clock }), clock, await Subscriber.start());
  }

  async stop(): Promise<void> {
    this.subscriber.stop();
    await this.cloud.end();
  }

  topicPath(topic: string): string {
    return `${this.cloud.registryId.split('/providers')[0]}/providers/Microsoft.EventGrid/topics/${topic}`;
  }

  /** Subscribes the webhook to a topic. @param more further properties of the event subscription */
  subscribe(topic: string, eventDeliverySchema: Schema, more: object = {}, name = 'subscriber'): Promise<RawReply> {
    const destination = { endpointType: 'WebHook', properties: { endpointUrl: this.subscriber.url } };
    const path = `${this.topicPath(topic)}/eventSubscriptions/${name}`;
    return this.cloud.armCall('PUT', path, { properties: { destination, eventDeliverySchema, ...more } }, '2022-06-15');
  }

  /** A publisher of Event Grid events to the topic `requests`. */
  requests(key = this.cloud.running.world.topics.requests.key): EventGridPublisherClient<'EventGrid'> {
    const { endpoint } = this.cloud.running.world.topics.requests;
    return new EventGridPublisherClient(endpoint, 'EventGrid', new AzureKeyCredential(key), this.cloud.client);
  }

  /** A publisher of CloudEvents to the topic `signals`. */
  signals(who: 'app' | 'device' | 'operator' = 'app'): EventGridPublisherClient<'CloudEvent'> {
    const { endpoint } = this.cloud.running.world.topics.signals;
    return new EventGridPublisherClient(endpoint, 'CloudEvent', this.cloud.credential(who), this.cloud.client);
  }
}
