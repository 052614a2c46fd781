import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventGridUnderTest, gridEvent } from './eventGridUnderTest.js';

describe('a webhook subscription', () => {
  let grid: EventGridUnderTest;
  beforeEach(async () => {
    grid = await EventGridUnderTest.start();
  });
  afterEach(() => grid.stop());

  it('is created after the endpoint has passed the validation of its schema', async () => {
    await grid.subscribe('requests', 'EventGridSchema', {}, 'by-event');
    expect(grid.subscriber.received[0]?.body).toMatchObject([
      { eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent' },
    ]);

    await grid.subscribe('requests', 'CloudEventSchemaV1_0', {}, 'by-options');
    expect(grid.subscriber.received[1]).toMatchObject({
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': 'eventgrid.azure.net' },
    });

    grid.subscriber.validates = 'no';
    for (const schema of ['EventGridSchema', 'CloudEventSchemaV1_0'] as const) {
      const reply = await grid.subscribe('requests', schema, {}, 'unwilling');
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'Url validation' } } });
      expect(reply.text).not.toContain('webhook-key');
    }

    const list = await grid.cloud.armCall('GET', `${grid.topicPath('requests')}/eventSubscriptions`);

    expect((list.body as { value: { name: string }[] }).value.map((one) => one.name)).toEqual([
      'by-event',
      'by-options',
    ]);
  });

  it('waits for manual validation if the endpoint does not return the code', async () => {
    grid.subscriber.validates = 'later';

    const reply = await grid.subscribe('requests', 'EventGridSchema');

    expect(reply.body).toMatchObject({ properties: { provisioningState: 'AwaitingManualAction' } });

    await grid.requests().send([gridEvent({ id: 'too-early' })]);
    const [event] = (grid.subscriber.received[0]?.body ?? []) as { data: { validationUrl: string } }[];
    const { pathname, search } = new URL(event?.data.validationUrl ?? '');

    expect((await grid.cloud.call('GET', `${pathname}?code=wrong`)).status).toBe(404);
    expect((await grid.cloud.call('GET', pathname + search)).status).toBe(200);

    await grid.requests().send([gridEvent({ id: 'in-time' })]);
    expect((await grid.subscriber.waitFor(1))[0]?.body).toMatchObject([{ id: 'in-time' }]);
  });

  it('keeps webhook keys out of the log, plain answers and the test controls', async () => {
    await grid.subscribe('requests', 'EventGridSchema');
    await grid.requests().send([gridEvent()]);
    await grid.subscriber.waitFor(1);
    const path = `${grid.topicPath('requests')}/eventSubscriptions/subscriber`;

    expect((await grid.cloud.armCall('GET', path)).text).not.toContain('webhook-key');
    expect((await grid.cloud.call('GET', '/_control/state')).text).not.toContain('webhook-key');
    expect((await grid.cloud.armCall('POST', `${path}/getFullUrl`)).body).toEqual({ endpointUrl: grid.subscriber.url });
    expect(JSON.stringify(grid.cloud.log)).not.toContain('webhook-key');
  });
});
