import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cloudEvent, EventGridUnderTest, gridEvent } from './eventGridUnderTest.js';

describe('an event delivery', () => {
  let grid: EventGridUnderTest;
  beforeEach(async () => {
    grid = await EventGridUnderTest.start();
  });
  afterEach(() => grid.stop());

  it('of an Event Grid event is an array of one, with its topic and headers', async () => {
    expect((await grid.subscribe('requests', 'EventGridSchema')).status).toBe(201);

    await grid.requests().send([gridEvent()]);

    const [delivery] = await grid.subscriber.waitFor(1);

    expect(delivery?.body).toEqual([
      {
        id: 'event-1',
        eventType: 'Made.Up',
        subject: 'devices/one',
        dataVersion: '1',
        data: { answer: 42 },
        eventTime: '2026-01-02T03:04:05.000Z',
        topic: grid.topicPath('requests'),
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

  it('of a CloudEvent is one request with the unchanged event', async () => {
    await grid.subscribe('signals', 'CloudEventSchemaV1_0');
    await grid.signals().send([cloudEvent(), cloudEvent({ id: 'signal-2' })]);

    const deliveries = await grid.subscriber.waitFor(2);

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

  it('converts events to the schema of the subscription, in both directions', async () => {
    await grid.subscribe('requests', 'CloudEventSchemaV1_0');
    await grid.requests().send([gridEvent()]);

    const [delivery] = await grid.subscriber.waitFor(1);

    expect(delivery?.body).toMatchObject({
      specversion: '1.0',
      id: 'event-1',
      type: 'Made.Up',
      source: grid.topicPath('requests'),
      data: { answer: 42 },
    });

    await grid.subscribe('signals', 'EventGridSchema');
    await grid.signals().send([cloudEvent()]);

    const second = (await grid.subscriber.waitFor(2))[1];

    expect(second?.body).toMatchObject([
      { id: 'signal-1', eventType: 'Made.Up', subject: 'client-a', data: { a: 1 }, topic: grid.topicPath('signals') },
    ]);
  });

  it('follows the filters for event types and for prefix and suffix of the subject', async () => {
    await grid.subscribe('requests', 'EventGridSchema', {
      filter: { includedEventTypes: ['Wanted.Type'], subjectBeginsWith: 'devices/', subjectEndsWith: '/onE' },
    });
    const publisher = grid.requests();
    await publisher.send([
      gridEvent({ id: 'other-type', subject: 'devices/x/one' }),
      gridEvent({ id: 'other-start', eventType: 'Wanted.Type', subject: 'hubs/x/one' }),
      gridEvent({ id: 'other-end', eventType: 'Wanted.Type', subject: 'devices/x/two' }),
      gridEvent({ id: 'wanted', eventType: 'Wanted.Type', subject: 'devices/x/one' }),
    ]);

    expect((await grid.subscriber.waitFor(1))[0]?.body).toMatchObject([{ id: 'wanted' }]);
    expect(grid.cloud.running.plane.broker.deliveries().length).toBeLessThanOrEqual(1);
  });

  it('is retried after 10 s, 30 s, 1 minute and 5 minutes, with an attempt count', async () => {
    await grid.subscribe('requests', 'EventGridSchema');
    grid.subscriber.answer = () => ({ status: 500 });
    await grid.requests().send([gridEvent()]);
    const waits: (number | undefined)[] = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      await grid.subscriber.waitFor(attempt);
      await expect.poll(() => grid.clock.pending().length).toBe(1);
      waits.push(grid.clock.pending()[0]);
      if (attempt === 4) grid.subscriber.answer = () => ({ status: 204 });
      grid.clock.advance(grid.clock.pending()[0] ?? 0);
      if (attempt === 4) break;
    }

    expect(waits).toEqual([10, 30, 60, 300]);

    await grid.subscriber.waitFor(5);
    expect(grid.subscriber.deliveries.map((one) => one.headers['aeg-delivery-count'])).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    await expect.poll(() => grid.cloud.running.plane.broker.deliveries().length).toBe(0);
  });

  it('is retried later after 404 and 503, as documented', async () => {
    await grid.subscribe('requests', 'EventGridSchema');
    for (const [status, wait] of [
      [404, 300],
      [503, 30],
    ] as const) {
      grid.subscriber.answer = () => ({ status });
      await grid.requests().send([gridEvent({ id: `answered-${status}` })]);
      await expect.poll(() => grid.clock.pending()).toEqual([wait]);
      grid.subscriber.answer = () => ({ status: 200 });
      grid.clock.advance(wait);
      await expect.poll(() => grid.cloud.running.plane.broker.deliveries().length).toBe(0);
    }
  });

  it.each([400, 413])('ends at once after status %i, and its event becomes a dead letter', async (status) => {
    await grid.subscribe('requests', 'EventGridSchema');
    grid.subscriber.answer = () => ({ status });
    await grid.requests().send([gridEvent()]);

    await expect.poll(() => grid.cloud.log.some((line) => line.event === 'dead-letter')).toBe(true);

    const letter: unknown = JSON.parse(await readFile(join(grid.cloud.directory, 'dead-letters.ndjson'), 'utf8'));
    expect(letter).toMatchObject({ id: 'event-1', deliveryAttempts: 1, lastDeliveryOutcome: `Status ${status}` });
    expect(grid.cloud.running.plane.broker.deliveries()).toHaveLength(0);
  });

  it('ends after the maximum number of attempts', async () => {
    await grid.subscribe('requests', 'EventGridSchema', {
      retryPolicy: { maxDeliveryAttempts: 2, eventTimeToLiveInMinutes: 1440 },
    });
    grid.subscriber.answer = () => ({ status: 500 });
    await grid.requests().send([gridEvent()]);

    await expect.poll(() => grid.clock.pending()).toEqual([10]);

    grid.clock.advance(10);
    await expect.poll(() => grid.cloud.running.plane.broker.deliveries().length).toBe(0);
    expect(grid.subscriber.deliveries).toHaveLength(2);
  });

  it('continues after a restart', async () => {
    await grid.subscribe('requests', 'EventGridSchema');
    grid.subscriber.answer = () => ({ status: 500 });
    await grid.requests().send([gridEvent()]);

    await expect.poll(() => grid.clock.pending()).toEqual([10]);

    await grid.cloud.restart();
    grid.subscriber.answer = () => ({ status: 200 });
    grid.clock.advance(10);

    const [, second] = await grid.subscriber.waitFor(2);

    expect(second).toMatchObject({ headers: { 'aeg-delivery-count': '1' }, body: [{ id: 'event-1' }] });
  });

  it('is on disk before the publisher gets its answer', async () => {
    await grid.subscribe('requests', 'EventGridSchema');
    grid.subscriber.answer = () => ({ status: 500 });
    await grid.requests().send([gridEvent()]);

    expect(await readFile(join(grid.cloud.directory, 'eventgrid.ndjson'), 'utf8')).toContain('event-1');
  });

  it('ends when its subscription is deleted', async () => {
    await grid.subscribe('requests', 'EventGridSchema');
    grid.subscriber.answer = () => ({ status: 500 });
    await grid.requests().send([gridEvent()]);

    await expect.poll(() => grid.clock.pending()).toEqual([10]);

    await grid.cloud.armCall('DELETE', `${grid.topicPath('requests')}/eventSubscriptions/subscriber`);
    expect(grid.clock.pending()).toEqual([]);
    expect(grid.cloud.running.plane.broker.deliveries()).toHaveLength(0);
  });
});
