import { createHmac } from 'node:crypto';
import { AzureSASCredential, EventGridPublisherClient } from '@azure/eventgrid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/shared/cloud.js';
import { cloudEvent, EventGridUnderTest, gridEvent } from './eventGridUnderTest.js';

describe('publishing', () => {
  let grid: EventGridUnderTest;
  beforeEach(async () => {
    grid = await EventGridUnderTest.start();
  });
  afterEach(() => grid.stop());

  const post = (headers: Record<string, string>, body: unknown, topic = 'requests') =>
    grid.cloud.call('POST', `/topics/${topic}/api/events?api-version=2018-01-01`, body, headers);

  it('requires a key, a signature or a token', async () => {
    expect((await post({}, [])).status).toBe(401);
    expect(await failureOf(grid.requests('d3Jvbmc=').send([gridEvent()]))).toMatchObject({ statusCode: 401 });

    const key = grid.cloud.running.world.topics.requests.key;
    const endpoint = grid.cloud.running.world.topics.requests.endpoint;
    const signed = `r=${encodeURIComponent(endpoint)}&e=${encodeURIComponent(new Date(grid.clock.now().getTime() + 60_000).toISOString())}`;
    const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest('base64');
    const good = new AzureSASCredential(`${signed}&s=${encodeURIComponent(signature)}`);
    await new EventGridPublisherClient(endpoint, 'EventGrid', good, grid.cloud.client).send([gridEvent()]);
    const bad = new AzureSASCredential(`${signed}&s=${encodeURIComponent(signature.replace(/^./, '-'))}`);
    const refused = new EventGridPublisherClient(endpoint, 'EventGrid', bad, grid.cloud.client).send([gridEvent()]);

    expect(await failureOf(refused)).toMatchObject({ statusCode: 401 });
  });

  it('requires the role on that topic', async () => {
    await grid.signals('app').send([cloudEvent()]);

    expect(await failureOf(grid.signals('device').send([cloudEvent()]))).toMatchObject({ statusCode: 403 });

    const { endpoint } = grid.cloud.running.world.topics.requests;
    const app = new EventGridPublisherClient(endpoint, 'EventGrid', grid.cloud.credential('app'), grid.cloud.client);

    expect(await failureOf(app.send([gridEvent()]))).toMatchObject({ statusCode: 403 });
  });

  it.each<[type: string, body: unknown, what: string]>([
    ['application/json', gridEvent(), 'an object in place of an array'],
    ['application/json', [{ ...gridEvent(), subject: undefined }], 'no subject'],
    ['application/json', [{ ...gridEvent(), eventTime: 'soon' }], 'an invalid time'],
    ['application/json', '{', 'invalid JSON'],
    [
      'application/cloudevents-batch+json',
      [{ specversion: '0.3', id: 'a', source: 's', type: 't' }],
      'another version',
    ],
    ['application/cloudevents-batch+json', [{ specversion: '1.0', source: 's', type: 't' }], 'no id'],
    [
      'application/cloudevents+json',
      [{ specversion: '1.0', id: 'a', source: 's', type: 't' }],
      'a batch in place of one event',
    ],
  ])('refuses the %s body %o: %s', async (type, body) => {
    const reply = await post(
      { 'aeg-sas-key': grid.cloud.running.world.topics.requests.key, 'content-type': type },
      body,
    );
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
  });

  it('accepts a single CloudEvent, and refuses requests over 1 MB and unknown topics', async () => {
    const key = { 'aeg-sas-key': grid.cloud.running.world.topics.requests.key };
    const one = { specversion: '1.0', id: 'a', source: 's', type: 't' };

    expect((await post({ ...key, 'content-type': 'application/cloudevents+json' }, one)).status).toBe(200);
    expect((await post(key, [{ ...gridEvent(), data: 'x'.repeat(1024 * 1024) }])).status).toBe(413);
    expect((await post(key, [], 'nothing')).status).toBe(404);
  });

  it('to a topic of ARM requires its schema and its current key', async () => {
    const path = grid.topicPath('mine');
    const body = { location: 'westeurope', properties: { inputSchema: 'CloudEventSchemaV1_0' } };

    const made = await grid.cloud.armCall('PUT', path, body, '2022-06-15');

    expect(made).toMatchObject({
      status: 201,
      body: { properties: { provisioningState: 'Creating', endpoint: null } },
    });

    const followed = new URL(String(made.headers['azure-asyncoperation']));
    expect((await grid.cloud.armCall('GET', followed.pathname)).body).toMatchObject({ status: 'Succeeded' });
    expect((await grid.cloud.armCall('GET', path, undefined, '2022-06-15')).body).toMatchObject({
      properties: { endpoint: `${grid.cloud.url}/topics/mine/api/events`, inputSchema: 'CloudEventSchemaV1_0' },
    });

    const { key1 } = (await grid.cloud.armCall('POST', `${path}/listKeys`)).body as { key1: string };
    const send = (type: string, event: object, key: string) =>
      grid.cloud.call('POST', '/topics/mine/api/events?api-version=2018-01-01', [event], {
        'aeg-sas-key': key,
        'content-type': type,
      });
    const event = { specversion: '1.0', id: 'a', source: 's', type: 't' };

    expect((await send('application/cloudevents-batch+json', event, key1)).status).toBe(200);
    expect((await send('application/json', gridEvent(), key1)).status).toBe(400);

    await grid.cloud.armCall('POST', `${path}/regenerateKey`, { keyName: 'key1' });
    expect((await send('application/cloudevents-batch+json', event, key1)).status).toBe(401);

    await grid.cloud.armCall('DELETE', path);
    expect((await grid.cloud.armCall('GET', path)).status).toBe(404);
  });
});
