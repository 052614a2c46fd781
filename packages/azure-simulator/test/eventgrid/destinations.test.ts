import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cloud } from '../../../../test/shared/cloud.js';
import { Subscriber } from '../../../../test/shared/subscriber.js';

const VERSION = '2025-02-15';

describe('an event subscription', () => {
  let cloud: Cloud;
  let subscriber: Subscriber;
  beforeEach(async () => {
    cloud = await Cloud.start();
    subscriber = await Subscriber.start();
  });
  afterEach(async () => {
    subscriber.stop();
    await cloud.end();
  });

  const group = (): string => cloud.registryId.split('/providers')[0] ?? '';
  const account = (): string => `${group()}/providers/Microsoft.Storage/storageAccounts/account1`;
  const below = (source: string, name = 'one'): string =>
    `${source}/providers/Microsoft.EventGrid/eventSubscriptions/${name}`;
  const topic = (): string => `${group()}/providers/Microsoft.EventGrid/topics/requests`;
  const call = (method: string, path: string, body?: unknown) => cloud.armCall(method, path, body, VERSION);
  const put = (path: string, properties: object) => call('PUT', path, { properties });
  const propertiesOf = async (path: string): Promise<Record<string, unknown>> =>
    ((await call('GET', path)).body as { properties: Record<string, unknown> }).properties;
  const webhook = (more: object = {}) => ({
    endpointType: 'WebHook',
    properties: { endpointUrl: subscriber.url, ...more },
  });
  const queue = (): string => `${account()}/queueServices/default`;

  it.each([
    ['AzureFunction', {}, { maxEventsPerBatch: 1, preferredBatchSizeInKilobytes: 64 }],
    ['AzureFunction', { maxEventsPerBatch: 10 }, { maxEventsPerBatch: 10, preferredBatchSizeInKilobytes: 64 }],
    ['EventHub', {}, {}],
    ['HybridConnection', {}, {}],
    ['ServiceBusQueue', {}, {}],
    ['ServiceBusTopic', {}, {}],
    ['StorageQueue', { queueName: 'one', queueMessageTimeToLiveInSeconds: 120 }, {}],
  ])('keeps the destination %s, and adds the defaults of the service', async (endpointType, more, added) => {
    const properties = { resourceId: queue(), ...more };

    const made = await put(below(topic()), { destination: { endpointType, properties } });

    expect(made).toMatchObject({ status: 201, headers: { 'azure-asyncoperation': expect.any(String) } });
    expect(made.body).toHaveProperty('properties.destination', { endpointType, properties });
    expect(await propertiesOf(below(topic()))).toHaveProperty('destination', {
      endpointType,
      properties: { ...properties, ...added },
    });
  });

  it('delivers to webhooks only', async () => {
    await put(below(topic(), 'kept'), {
      destination: { endpointType: 'ServiceBusQueue', properties: { resourceId: queue() } },
      eventDeliverySchema: 'EventGridSchema',
    });
    await put(below(topic(), 'sent'), { destination: webhook(), eventDeliverySchema: 'EventGridSchema' });
    const { endpoint, key } = cloud.running.world.topics.requests;
    const event = {
      id: '1',
      eventType: 'a',
      subject: 'b',
      dataVersion: '1',
      eventTime: '2030-01-01T00:00:00Z',
      data: {},
    };

    const sent = await cloud.call('POST', `${new URL(endpoint).pathname}?api-version=2018-01-01`, [event], {
      'aeg-sas-key': key,
    });

    expect(sent.status).toBe(200);
    await expect.poll(() => subscriber.deliveries.length).toBe(1);
    expect(cloud.running.plane.broker.deliveries().filter((one) => one.subscription === 'kept')).toEqual([]);
  });

  it('takes a new destination from a PATCH, and keeps it over a PATCH without one', async () => {
    await put(below(topic()), { destination: webhook({ deliveryAttributeMappings: [] }) });
    const destination = { endpointType: 'EventHub', properties: { resourceId: queue() } };
    await call('PATCH', below(topic()), { destination });

    expect(await propertiesOf(below(topic()))).toHaveProperty('destination', destination);

    await call('PATCH', below(topic()), { labels: ['a'] });
    expect(await propertiesOf(below(topic()))).toMatchObject({ destination, labels: ['a'] });
  });

  it('keeps the delivery schema over a second PUT without one', async () => {
    const destination = { endpointType: 'EventHub', properties: { resourceId: queue() } };
    await put(below(topic()), { destination, eventDeliverySchema: 'CloudEventSchemaV1_0' });
    await put(below(topic()), { destination });

    expect(await propertiesOf(below(topic()))).toHaveProperty('eventDeliverySchema', 'CloudEventSchemaV1_0');
  });

  it.each([
    ['no destination', {}],
    ['a destination of an unknown type', { destination: { endpointType: 'Pigeon', properties: {} } }],
    ['a queue without its name', { destination: { endpointType: 'StorageQueue', properties: { resourceId: '/a' } } }],
  ])('refuses %s', async (_name, properties) => {
    expect(await put(below(topic()), properties)).toMatchObject({
      status: 400,
      body: { error: { code: 'InvalidRequestContent' } },
    });
  });

  it('keeps the delivery identity and the dead-letter destination that the infrastructure sets', async () => {
    const identity = { type: 'UserAssigned', userAssignedIdentity: '/subscriptions/a/identity' };
    const destination = { endpointType: 'StorageQueue', properties: { resourceId: queue(), queueName: 'one' } };
    const container = { resourceId: account(), blobContainerName: 'dead-letters' };
    const deadLetterDestination = { endpointType: 'StorageBlob', properties: container };
    await put(below(topic()), {
      deliveryWithResourceIdentity: { identity, destination },
      deadLetterWithResourceIdentity: { identity, deadLetterDestination },
      expirationTimeUtc: '2031-01-01T00:00:00Z',
    });

    const found = await propertiesOf(below(topic()));

    expect(found).toMatchObject({
      deliveryWithResourceIdentity: { identity, destination },
      deadLetterWithResourceIdentity: { identity, deadLetterDestination },
      expirationTimeUtc: '2031-01-01T00:00:00Z',
    });
    expect(found).not.toHaveProperty('destination');

    await call('PATCH', below(topic()), { deadLetterDestination });
    expect(await propertiesOf(below(topic()))).toMatchObject({ deadLetterDestination });
    expect(await propertiesOf(below(topic()))).not.toHaveProperty('deadLetterWithResourceIdentity');
  });

  it('sends delivery attributes, and shows secret ones only to getDeliveryAttributes', async () => {
    const secret = { name: 'x-secret', type: 'Static', properties: { value: 'hush', isSecret: true } };
    const dynamic = { name: 'x-answer', type: 'Dynamic', properties: { sourceField: 'data.answer' } };
    const missing = { name: 'x-missing', type: 'Dynamic', properties: { sourceField: 'data.nothing' } };
    const given = [secret, dynamic, missing];
    const hidden = [{ ...secret, properties: { value: 'Hidden', isSecret: true } }, dynamic, missing];
    const at = 'destination.properties.deliveryAttributeMappings';

    const made = await put(below(topic()), { destination: webhook({ deliveryAttributeMappings: given }) });

    expect(made.body).toHaveProperty(`properties.${at}`, given);
    expect(await propertiesOf(below(topic()))).toHaveProperty(at, hidden);
    expect(await call('POST', `${below(topic())}/getDeliveryAttributes`)).toMatchObject({ body: { value: given } });
    expect(JSON.stringify((await cloud.call('GET', '/_control/state')).body)).not.toContain('hush');

    const { endpoint, key } = cloud.running.world.topics.requests;
    const event = { id: '1', eventType: 'a', subject: 'b', dataVersion: '1', eventTime: '2030-01-01T00:00:00Z' };
    const events = [{ ...event, data: { answer: 42 } }];
    await cloud.call('POST', `${new URL(endpoint).pathname}?api-version=2018-01-01`, events, { 'aeg-sas-key': key });

    await expect.poll(() => subscriber.deliveries.length).toBe(1);
    expect(subscriber.deliveries[0]?.headers).toMatchObject({ 'x-secret': 'hush', 'x-answer': '42' });
    expect(subscriber.deliveries[0]?.headers).not.toHaveProperty('x-missing');
  });

  it('can belong to any resource, has its event types and is listed by its location', async () => {
    const made = await put(below(account()), { destination: webhook() });
    expect(made).toMatchObject({
      status: 201,
      headers: { 'azure-asyncoperation': expect.stringContaining('/locations/westeurope/') },
      body: {
        id: below(account()),
        properties: {
          topic: `${group()}/providers/microsoft.storage/storageaccounts/account1`,
          filter: { includedEventTypes: ['Microsoft.Storage.BlobCreated', 'Microsoft.Storage.BlobDeleted'] },
        },
      },
    });

    await put(below(group(), 'of-the-group'), { destination: webhook() });
    const list = (scope: string) =>
      call('GET', `${scope}/providers/Microsoft.EventGrid/locations/westeurope/eventSubscriptions`);

    for (const scope of [group(), group().split('/resourceGroups')[0] ?? ''])
      expect(await list(scope)).toMatchObject({ body: { value: [{ id: below(account()) }] } });
  });
});

describe('a topic', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await Cloud.start();
  });
  afterEach(() => cloud.end());

  const path = (name: string): string =>
    `${cloud.registryId.split('/providers')[0]}/providers/Microsoft.EventGrid/topics/${name}`;
  const call = (method: string, name: string, body?: unknown) => cloud.armCall(method, path(name), body, VERSION);
  const identityIn = ({ body }: { body: unknown }) => (body as { identity: Record<string, unknown> }).identity;
  const events = '/subscriptions/a/resourceGroups/b/providers/Microsoft.ManagedIdentity/userAssignedIdentities/events';
  const assigned = { type: 'UserAssigned', userAssignedIdentities: { [events]: {} } };
  const create = (name: string, identity: object) =>
    call('PUT', name, { location: 'westeurope', identity, properties: { inputSchema: 'CloudEventSchemaV1_0' } });

  it('shows the ids of a user-assigned identity once created, the same as another topic', async () => {
    expect(identityIn(await create('first', assigned))).toMatchObject({
      principalId: null,
      userAssignedIdentities: { [events]: { principalId: null, clientId: null } },
    });

    await create('second', assigned);

    const found = identityIn(await call('GET', 'first'));

    expect(found).toMatchObject({ userAssignedIdentities: { [events]: { principalId: expect.any(String) } } });
    expect(identityIn(await call('GET', 'second'))).toEqual(found);
  });

  it('keeps its system-assigned identity until a PATCH to None', async () => {
    await create('first', { type: 'SystemAssigned' });

    const { principalId } = identityIn(await call('GET', 'first'));

    expect(principalId).toEqual(expect.any(String));
    expect(identityIn(await call('PATCH', 'first', { identity: assigned }))).toMatchObject({ principalId });
    expect(identityIn(await call('PATCH', 'first', { identity: { type: 'None' } }))).toEqual({
      type: 'None',
      principalId: null,
      tenantId: null,
      userAssignedIdentities: null,
    });
  });

  it('shows no endpoint in the answer to a PUT, also to a later one', async () => {
    await create('first', { type: 'None' });
    const read = async () => (await call('GET', 'first')).body as { properties: { endpoint: unknown } };

    await expect.poll(async () => (await read()).properties.endpoint).toEqual(expect.any(String));

    const again = await create('first', { type: 'None' });
    expect(again).toMatchObject({ status: 201, body: { properties: { endpoint: null } } });
    expect(again.body).not.toHaveProperty('properties.metricResourceId');
  });

  it('shows the given properties after a PUT, and the defaults of the service later', async () => {
    const made = await call('PUT', 'first', { location: 'westeurope', properties: { publicNetworkAccess: 'Enabled' } });
    const { properties, ...rest } = made.body as { properties: object };

    expect(properties).toEqual({
      provisioningState: 'Creating',
      endpoint: null,
      minimumTlsVersionAllowed: '1.0',
      publicNetworkAccess: 'Enabled',
    });
    for (const name of ['sku', 'kind', 'identity']) expect(rest).not.toHaveProperty(name);

    const found = (await call('GET', 'first')).body;
    expect(found).toMatchObject({
      sku: { name: 'Basic' },
      kind: 'Azure',
      properties: { inputSchema: 'EventGridSchema' },
    });
    for (const name of ['identity', 'properties.disableLocalAuth']) expect(found).not.toHaveProperty(name);
  });

  it('keeps the minimum TLS version for publishers', async () => {
    const properties = { minimumTlsVersionAllowed: '1.2' };
    await call('PUT', 'first', { location: 'westeurope', properties });
    expect(await call('GET', 'first')).toMatchObject({ body: { properties } });
  });
});
