import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AzureKeyCredential, AzureSASCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cloud, failureOf } from '../under-test/cloud.js';
import { ManualClock } from '../under-test/manualClock.js';
import { Subscriber } from '../under-test/subscriber.js';

type Schema = 'CloudEventSchemaV1_0' | 'EventGridSchema';

describe('Event Grid', () => {
  let cloud: Cloud;
  let clock: ManualClock;
  let subscriber: Subscriber;
  beforeEach(async () => {
    clock = new ManualClock();
    cloud = await Cloud.start({ clock });
    subscriber = await Subscriber.start();
  });
  afterEach(async () => {
    subscriber.stop();
    await cloud.end();
  });

  const topicPath = (topic: string): string =>
    `${cloud.registryId.split('/providers')[0]}/providers/Microsoft.EventGrid/topics/${topic}`;
  const subscribe = (topic: string, eventDeliverySchema: Schema, more: object = {}, name = 'subscriber') =>
    cloud.armCall(
      'PUT',
      `${topicPath(topic)}/eventSubscriptions/${name}`,
      {
        properties: {
          destination: { endpointType: 'WebHook', properties: { endpointUrl: subscriber.url } },
          eventDeliverySchema,
          ...more,
        },
      },
      '2022-06-15',
    );
  const requests = (key = cloud.running.world.topics.requests.key) =>
    new EventGridPublisherClient(
      cloud.running.world.topics.requests.endpoint,
      'EventGrid',
      new AzureKeyCredential(key),
      cloud.client,
    );
  const signals = (who: 'app' | 'device' | 'operator' = 'app') =>
    new EventGridPublisherClient(
      cloud.running.world.topics.signals.endpoint,
      'CloudEvent',
      cloud.credential(who),
      cloud.client,
    );
  const gridEvent = (change: object = {}) => ({
    id: 'event-1',
    eventType: 'Made.Up',
    subject: 'devices/one',
    dataVersion: '1',
    data: { answer: 42 },
    eventTime: new Date('2026-01-02T03:04:05Z'),
    ...change,
  });
  const cloudEvent = (change: object = {}) => ({
    id: 'signal-1',
    type: 'Made.Up',
    source: '/app',
    subject: 'client-a',
    data: { a: 1 },
    ...change,
  });

  it('delivers Event Grid events in an array of one, with topic, and its headers', async () => {
    expect((await subscribe('requests', 'EventGridSchema')).status).toBe(201);
    await requests().send([gridEvent()]);
    const [delivery] = await subscriber.waitFor(1);
    expect(delivery?.body).toEqual([
      {
        id: 'event-1',
        eventType: 'Made.Up',
        subject: 'devices/one',
        dataVersion: '1',
        data: { answer: 42 },
        eventTime: '2026-01-02T03:04:05.000Z',
        topic: topicPath('requests'),
        metadataVersion: '1',
      },
    ]);
    expect(delivery?.headers).toMatchObject({
      'aeg-event-type': 'Notification',
      'aeg-subscription-name': 'SUBSCRIBER',
      'aeg-delivery-count': '0',
      'content-type': 'application/json; charset=utf-8',
    });
  });

  it('delivers CloudEvents one a request, as they came', async () => {
    await subscribe('signals', 'CloudEventSchemaV1_0');
    await signals().send([cloudEvent(), cloudEvent({ id: 'signal-2' })]);
    const deliveries = await subscriber.waitFor(2);
    expect(deliveries.map((one) => (one.body as { id: string }).id).sort()).toEqual(['signal-1', 'signal-2']);
    expect(deliveries[0]?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(deliveries[0]?.body).toMatchObject({
      specversion: '1.0',
      type: 'Made.Up',
      source: '/app',
      subject: 'client-a',
      data: { a: 1 },
    });
  });

  it('turns Event Grid events into CloudEvents for who wants those, and the other way round', async () => {
    await subscribe('requests', 'CloudEventSchemaV1_0');
    await requests().send([gridEvent()]);
    const [delivery] = await subscriber.waitFor(1);
    expect(delivery?.body).toMatchObject({
      specversion: '1.0',
      id: 'event-1',
      type: 'Made.Up',
      source: topicPath('requests'),
      data: { answer: 42 },
    });
    await subscribe('signals', 'EventGridSchema');
    await signals().send([cloudEvent()]);
    const second = (await subscriber.waitFor(2))[1];
    expect(second?.body).toMatchObject([
      { id: 'signal-1', eventType: 'Made.Up', subject: 'client-a', data: { a: 1 }, topic: topicPath('signals') },
    ]);
  });

  it('proves an endpoint before it subscribes it, in the way of each schema', async () => {
    await subscribe('requests', 'EventGridSchema', {}, 'by-event');
    expect(subscriber.received[0]?.body).toMatchObject([
      { eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent' },
    ]);
    await subscribe('requests', 'CloudEventSchemaV1_0', {}, 'by-options');
    expect(subscriber.received[1]).toMatchObject({
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': 'eventgrid.azure.net' },
    });
    subscriber.validates = 'no';
    for (const schema of ['EventGridSchema', 'CloudEventSchemaV1_0'] as const) {
      const reply = await subscribe('requests', schema, {}, 'unwilling');
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'Url validation' } } });
      expect(reply.text).not.toContain('webhook-key');
    }
    const list = await cloud.armCall('GET', `${topicPath('requests')}/eventSubscriptions`);
    expect((list.body as { value: { name: string }[] }).value.map((one) => one.name)).toEqual([
      'by-event',
      'by-options',
    ]);
  });

  it('waits for validation by hand when the code is not sent back', async () => {
    subscriber.validates = 'later';
    const reply = await subscribe('requests', 'EventGridSchema');
    expect(reply.body).toMatchObject({ properties: { provisioningState: 'AwaitingManualAction' } });
    await requests().send([gridEvent({ id: 'too-early' })]);
    const [event] = (subscriber.received[0]?.body ?? []) as { data: { validationUrl: string } }[];
    const { pathname, search } = new URL(event?.data.validationUrl ?? '');
    expect((await cloud.call('GET', `${pathname}?code=wrong`)).status).toBe(404);
    expect((await cloud.call('GET', pathname + search)).status).toBe(200);
    await requests().send([gridEvent({ id: 'in-time' })]);
    expect((await subscriber.waitFor(1))[0]?.body).toMatchObject([{ id: 'in-time' }]);
  });

  it('filters by type, and by the beginning and end of the subject', async () => {
    await subscribe('requests', 'EventGridSchema', {
      filter: { includedEventTypes: ['Wanted.Type'], subjectBeginsWith: 'devices/', subjectEndsWith: '/onE' },
    });
    const publisher = requests();
    await publisher.send([
      gridEvent({ id: 'other-type', subject: 'devices/x/one' }),
      gridEvent({ id: 'other-start', eventType: 'Wanted.Type', subject: 'hubs/x/one' }),
      gridEvent({ id: 'other-end', eventType: 'Wanted.Type', subject: 'devices/x/two' }),
      gridEvent({ id: 'wanted', eventType: 'Wanted.Type', subject: 'devices/x/one' }),
    ]);
    expect((await subscriber.waitFor(1))[0]?.body).toMatchObject([{ id: 'wanted' }]);
    expect(cloud.running.plane.broker.deliveries().length).toBeLessThanOrEqual(1);
  });

  it('tries again after 10 s, 30 s, 1 minute, 5 minutes, and counts', async () => {
    await subscribe('requests', 'EventGridSchema');
    subscriber.answer = () => ({ status: 500 });
    await requests().send([gridEvent()]);
    const waits: (number | undefined)[] = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      await subscriber.waitFor(attempt);
      await expect.poll(() => clock.pending().length).toBe(1);
      waits.push(clock.pending()[0]);
      if (attempt === 4) subscriber.answer = () => ({ status: 204 });
      clock.advance(clock.pending()[0] ?? 0);
      if (attempt === 4) break;
    }
    expect(waits).toEqual([10, 30, 60, 300]);
    await subscriber.waitFor(5);
    expect(subscriber.deliveries.map((one) => one.headers['aeg-delivery-count'])).toEqual(['0', '1', '2', '3', '4']);
    await expect.poll(() => cloud.running.plane.broker.deliveries().length).toBe(0);
  });

  it('waits longer after 404 and 503, as the documentation has it', async () => {
    await subscribe('requests', 'EventGridSchema');
    for (const [status, wait] of [
      [404, 300],
      [503, 30],
    ] as const) {
      subscriber.answer = () => ({ status });
      await requests().send([gridEvent({ id: `answered-${status}` })]);
      await expect.poll(() => clock.pending()).toEqual([wait]);
      subscriber.answer = () => ({ status: 200 });
      clock.advance(wait);
      await expect.poll(() => cloud.running.plane.broker.deliveries().length).toBe(0);
    }
  });

  it.each([400, 413])('gives up at once on %i, and keeps the event as a dead letter', async (status) => {
    await subscribe('requests', 'EventGridSchema');
    subscriber.answer = () => ({ status });
    await requests().send([gridEvent()]);
    await expect.poll(() => cloud.log.some((line) => line.event === 'dead-letter')).toBe(true);
    const letter: unknown = JSON.parse(await readFile(join(cloud.directory, 'dead-letters.ndjson'), 'utf8'));
    expect(letter).toMatchObject({ id: 'event-1', deliveryAttempts: 1, lastDeliveryOutcome: `Status ${status}` });
    expect(cloud.running.plane.broker.deliveries()).toHaveLength(0);
  });

  it('gives up when the attempts or the time to live are used up', async () => {
    await subscribe('requests', 'EventGridSchema', {
      retryPolicy: { maxDeliveryAttempts: 2, eventTimeToLiveInMinutes: 1440 },
    });
    subscriber.answer = () => ({ status: 500 });
    await requests().send([gridEvent()]);
    await expect.poll(() => clock.pending()).toEqual([10]);
    clock.advance(10);
    await expect.poll(() => cloud.running.plane.broker.deliveries().length).toBe(0);
    expect(subscriber.deliveries).toHaveLength(2);
  });

  it('carries what is undelivered over a restart', async () => {
    await subscribe('requests', 'EventGridSchema');
    subscriber.answer = () => ({ status: 500 });
    await requests().send([gridEvent()]);
    await expect.poll(() => clock.pending()).toEqual([10]);
    await cloud.restart();
    subscriber.answer = () => ({ status: 200 });
    clock.advance(10);
    const [, second] = await subscriber.waitFor(2);
    expect(second).toMatchObject({ headers: { 'aeg-delivery-count': '1' }, body: [{ id: 'event-1' }] });
  });

  it('has events on disk before their publisher hears that they are taken', async () => {
    await subscribe('requests', 'EventGridSchema');
    subscriber.answer = () => ({ status: 500 });
    await requests().send([gridEvent()]);
    expect(await readFile(join(cloud.directory, 'eventgrid.ndjson'), 'utf8')).toContain('event-1');
  });

  it('drops what is undelivered with the subscription', async () => {
    await subscribe('requests', 'EventGridSchema');
    subscriber.answer = () => ({ status: 500 });
    await requests().send([gridEvent()]);
    await expect.poll(() => clock.pending()).toEqual([10]);
    await cloud.armCall('DELETE', `${topicPath('requests')}/eventSubscriptions/subscriber`);
    expect(clock.pending()).toEqual([]);
    expect(cloud.running.plane.broker.deliveries()).toHaveLength(0);
  });

  it('keeps webhook keys out of its log, its plain answers and the test controls', async () => {
    await subscribe('requests', 'EventGridSchema');
    await requests().send([gridEvent()]);
    await subscriber.waitFor(1);
    const path = `${topicPath('requests')}/eventSubscriptions/subscriber`;
    expect((await cloud.armCall('GET', path)).text).not.toContain('webhook-key');
    expect((await cloud.call('GET', '/_control/state')).text).not.toContain('webhook-key');
    expect((await cloud.armCall('POST', `${path}/getFullUrl`)).body).toEqual({ endpointUrl: subscriber.url });
    expect(JSON.stringify(cloud.log)).not.toContain('webhook-key');
  });

  describe('publishing', () => {
    const post = (headers: Record<string, string>, body: unknown, topic = 'requests') =>
      cloud.call('POST', `/topics/${topic}/api/events?api-version=2018-01-01`, body, headers);

    it('needs a key, a signature or a token', async () => {
      expect((await post({}, [])).status).toBe(401);
      expect(await failureOf(requests('d3Jvbmc=').send([gridEvent()]))).toMatchObject({ statusCode: 401 });
      const key = cloud.running.world.topics.requests.key;
      const endpoint = cloud.running.world.topics.requests.endpoint;
      const signed = `r=${encodeURIComponent(endpoint)}&e=${encodeURIComponent(new Date(clock.now().getTime() + 60_000).toISOString())}`;
      const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest('base64');
      const good = new AzureSASCredential(`${signed}&s=${encodeURIComponent(signature)}`);
      await new EventGridPublisherClient(endpoint, 'EventGrid', good, cloud.client).send([gridEvent()]);
      const bad = new AzureSASCredential(`${signed}&s=${encodeURIComponent(signature.replace(/^./, '-'))}`);
      const refused = new EventGridPublisherClient(endpoint, 'EventGrid', bad, cloud.client).send([gridEvent()]);
      expect(await failureOf(refused)).toMatchObject({ statusCode: 401 });
    });

    it('is for those who have the role on that topic', async () => {
      await signals('app').send([cloudEvent()]);
      expect(await failureOf(signals('device').send([cloudEvent()]))).toMatchObject({ statusCode: 403 });
      const { endpoint } = cloud.running.world.topics.requests;
      const app = new EventGridPublisherClient(endpoint, 'EventGrid', cloud.credential('app'), cloud.client);
      expect(await failureOf(app.send([gridEvent()]))).toMatchObject({ statusCode: 403 });
    });

    it.each<[type: string, body: unknown, what: string]>([
      ['application/json', gridEvent(), 'an object where an array belongs'],
      ['application/json', [{ ...gridEvent(), subject: undefined }], 'no subject'],
      ['application/json', [{ ...gridEvent(), eventTime: 'soon' }], 'a time that is none'],
      ['application/json', '{', 'no JSON'],
      [
        'application/cloudevents-batch+json',
        [{ specversion: '0.3', id: 'a', source: 's', type: 't' }],
        'another version',
      ],
      ['application/cloudevents-batch+json', [{ specversion: '1.0', source: 's', type: 't' }], 'no id'],
      [
        'application/cloudevents+json',
        [{ specversion: '1.0', id: 'a', source: 's', type: 't' }],
        'a batch where one belongs',
      ],
    ])('refuses as %s %o: %s', async (type, body) => {
      const reply = await post({ 'aeg-sas-key': cloud.running.world.topics.requests.key, 'content-type': type }, body);
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
    });

    it('takes one CloudEvent by itself, refuses requests over 1 MB and unknown topics', async () => {
      const key = { 'aeg-sas-key': cloud.running.world.topics.requests.key };
      const one = { specversion: '1.0', id: 'a', source: 's', type: 't' };
      expect((await post({ ...key, 'content-type': 'application/cloudevents+json' }, one)).status).toBe(200);
      expect((await post(key, [{ ...gridEvent(), data: 'x'.repeat(1024 * 1024) }])).status).toBe(413);
      expect((await post(key, [], 'nothing')).status).toBe(404);
    });
  });

  it('makes topics by ARM, that take the one schema they were made for', async () => {
    const path = topicPath('mine');
    const body = { location: 'westeurope', properties: { inputSchema: 'CloudEventSchemaV1_0' } };
    const made = await cloud.armCall('PUT', path, body, '2022-06-15');
    expect(made).toMatchObject({
      status: 201,
      body: { properties: { provisioningState: 'Creating', endpoint: null } },
    });
    const followed = new URL(String(made.headers['azure-asyncoperation']));
    expect((await cloud.armCall('GET', followed.pathname)).body).toMatchObject({ status: 'Succeeded' });
    expect((await cloud.armCall('GET', path, undefined, '2022-06-15')).body).toMatchObject({
      properties: { endpoint: `${cloud.url}/topics/mine/api/events`, inputSchema: 'CloudEventSchemaV1_0' },
    });
    const { key1 } = (await cloud.armCall('POST', `${path}/listKeys`)).body as { key1: string };
    const send = (type: string, event: object, key: string) =>
      cloud.call('POST', '/topics/mine/api/events?api-version=2018-01-01', [event], {
        'aeg-sas-key': key,
        'content-type': type,
      });
    const event = { specversion: '1.0', id: 'a', source: 's', type: 't' };
    expect((await send('application/cloudevents-batch+json', event, key1)).status).toBe(200);
    expect((await send('application/json', gridEvent(), key1)).status).toBe(400);
    await cloud.armCall('POST', `${path}/regenerateKey`, { keyName: 'key1' });
    expect((await send('application/cloudevents-batch+json', event, key1)).status).toBe(401);
    await cloud.armCall('DELETE', path);
    expect((await cloud.armCall('GET', path)).status).toBe(404);
  });
});
