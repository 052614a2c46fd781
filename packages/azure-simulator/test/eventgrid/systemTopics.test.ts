import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cloud } from '../../../../test/shared/cloud.js';
import { Subscriber } from '../../../../test/shared/subscriber.js';

const VERSION = '2021-10-15-preview';

describe('a system topic', () => {
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
  const vault = (): string => `${group()}/providers/Microsoft.KeyVault/vaults/onboarding-local`;
  const path = (name = 'system'): string => `${group()}/providers/Microsoft.EventGrid/systemTopics/${name}`;
  const put = (more: object = {}, source = vault(), version = VERSION) => {
    const properties = { source, topicType: 'Microsoft.KeyVault.vaults' };
    return cloud.armCall('PUT', path(), { location: 'westeurope', properties, ...more }, version);
  };
  const subscribe = (more: object = {}) => {
    const destination = { endpointType: 'WebHook', properties: { endpointUrl: subscriber.url } };
    const properties = { destination, ...more };
    return cloud.armCall('PUT', `${path()}/eventSubscriptions/nested`, { properties }, VERSION);
  };

  it('is created at once, and a PATCH with an identity is asynchronous', async () => {
    const made = await put();
    expect(made).toMatchObject({
      status: 200,
      body: { id: path(), name: 'system', properties: { provisioningState: 'Succeeded', source: vault() }, tags: null },
    });
    expect(made.body).not.toHaveProperty('identity');
    expect(await cloud.armCall('PATCH', path(), { tags: { a: 'b' } }, VERSION)).toMatchObject({
      status: 200,
      body: { tags: { a: 'b' } },
    });

    const later = await cloud.armCall('PATCH', path(), { identity: { type: 'SystemAssigned' } }, VERSION);
    expect(later).toMatchObject({
      status: 201,
      headers: { 'azure-asyncoperation': expect.stringContaining('/locations/westeurope/operationsStatus/') },
      body: { identity: { type: 'SystemAssigned', principalId: expect.any(String) } },
    });
  });

  it('of a subscription has its operations below the subscription, not below a location', async () => {
    await put({ location: 'global' }, group().split('/resourceGroups')[0]);

    const removed = await cloud.armCall('DELETE', path(), undefined, VERSION);

    expect(removed.status).toBe(202);
    expect(removed.headers['azure-asyncoperation']).toMatch(/\/providers\/Microsoft\.EventGrid\/operationsStatus\//);
    expect(await cloud.armCall('GET', path(), undefined, VERSION)).toMatchObject({ status: 404 });
  });

  it('is listed by resource group and by name', async () => {
    await put();
    const list = async (filter = '') =>
      (await cloud.armCall('GET', `${path('').slice(0, -1)}${filter}`, undefined, VERSION)).body;

    expect(await list()).toMatchObject({ value: [{ name: 'system' }] });
    expect(await list(`?$filter=${encodeURIComponent("name eq 'other'")}`)).toEqual({ value: [] });
  });

  it("has event subscriptions, which receive the source's events", async () => {
    await put();

    const made = await subscribe();

    expect(made).toMatchObject({
      status: 201,
      body: {
        id: `${path()}/eventSubscriptions/nested`,
        type: 'Microsoft.EventGrid/systemTopics/eventSubscriptions',
        properties: { topic: path(), filter: { includedEventTypes: expect.any(Array) } },
      },
    });

    await cloud.vault().setSecret('new', 'value');

    const [delivery] = await subscriber.waitFor(1);

    expect(delivery?.body).toMatchObject([
      { eventType: 'Microsoft.KeyVault.SecretNewVersionCreated', subject: 'new', topic: vault() },
    ]);
  });

  it('applies the advanced filters of its event subscriptions', async () => {
    await put();
    const advancedFilters = [{ operatorType: 'StringContains', key: 'data.ObjectName', values: ['WANTED'] }];

    const made = await subscribe({ filter: { advancedFilters } });

    expect(made).toMatchObject({ status: 201, body: { properties: { filter: { advancedFilters } } } });

    await cloud.vault().setSecret('other', 'value');
    await cloud.vault().setSecret('is-wanted', 'value');

    const [delivery] = await subscriber.waitFor(1);

    expect(delivery?.body).toMatchObject([{ subject: 'is-wanted' }]);

    const patched = { filter: { subjectBeginsWith: 'is-' } };
    await cloud.armCall('PATCH', `${path()}/eventSubscriptions/nested`, patched, VERSION);

    const { body } = await cloud.armCall('GET', `${path()}/eventSubscriptions/nested`, undefined, VERSION);

    expect(body).toMatchObject({ properties: { filter: { subjectBeginsWith: 'is-', advancedFilters } } });

    const unknown = [{ operatorType: 'StringLike', key: 'subject', values: ['x'] }];
    expect(await subscribe({ filter: { advancedFilters: unknown } })).toMatchObject({ status: 400 });
  });

  it('is deleted with its event subscriptions', async () => {
    await put();
    await subscribe();
    await cloud.armCall('DELETE', path(), undefined, VERSION);

    await cloud.vault().setSecret('new', 'value');

    expect(cloud.running.plane.broker.deliveries()).toEqual([]);
    expect(await cloud.armCall('GET', `${path()}/eventSubscriptions/nested`, undefined, VERSION)).toMatchObject({
      status: 404,
    });
  });

  it('answers the first and a later PUT of an event subscription with the given properties only', async () => {
    await put();
    const first = await subscribe();

    const again = await subscribe({ labels: ['one'] });

    expect(again).toMatchObject({ status: 201, body: { properties: { labels: ['one'] } } });
    for (const { body } of [first, again]) {
      expect(body).not.toHaveProperty('properties.filter.subjectBeginsWith');
      expect(body).not.toHaveProperty('properties.eventDeliverySchema');
    }

    const { body } = await cloud.armCall('GET', `${path()}/eventSubscriptions/nested`, undefined, VERSION);
    expect(body).toHaveProperty('properties.filter.subjectBeginsWith', '');
  });

  it.each([
    ['2020-04-01-preview', false],
    ['2020-10-15-preview', true],
    ['2022-06-15', true],
  ])('in api-version %s has an empty systemData: %s', async (version, isShown) => {
    expect(Object.hasOwn((await put({}, vault(), version)).body as object, 'systemData')).toBe(isShown);

    const { body } = await cloud.armCall(
      'GET',
      `${group()}/providers/Microsoft.EventGrid/topics/requests`,
      undefined,
      version,
    );

    expect(Object.hasOwn(body as object, 'systemData')).toBe(isShown);
    expect(Object.hasOwn(body as object, 'kind')).toBe(isShown);
  });
});
