import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cloud } from '../under-test/cloud.js';
import { ManualClock } from '../under-test/manualClock.js';

describe('throttling', () => {
  let cloud: Cloud;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    cloud = await Cloud.start({ clock });
  });
  afterEach(() => cloud.end());

  const putToken = () =>
    cloud.armCall('PUT', `${cloud.registryId}/tokens/a-token`, {
      properties: { scopeMapId: `${cloud.registryId}/scopeMaps/myconnectedregistry` },
    });

  it('refuses with 429 and Retry-After if a bucket is empty, for that caller and kind only', async () => {
    cloud.running.plane.settings.throttling = 0.05;
    const statuses = [];
    let last = await putToken();

    for (let index = 0; index < 10; index++) statuses.push((last = await putToken()).status);

    expect(statuses).toContain(201);
    expect(last).toMatchObject({ status: 429, body: { error: { code: 'SubscriptionRequestsThrottled' } } });
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect(last.headers['x-ms-ratelimit-remaining-subscription-writes']).toBe('0');

    const read = await cloud.armCall('GET', cloud.registryId);
    expect(read.status).toBe(200);
    expect(Number(read.headers['x-ms-ratelimit-remaining-subscription-reads'])).toBeGreaterThan(0);

    clock.advance(Number(last.headers['retry-after']));
    expect((await putToken()).status).toBe(201);
  });

  it('allows 250 reads and 200 writes at once, refilled by 25 and 10 a second', async () => {
    const read = await cloud.armCall('GET', cloud.registryId);
    expect(read.headers['x-ms-ratelimit-remaining-subscription-reads']).toBe('249');

    const write = await putToken();
    expect(write.headers['x-ms-ratelimit-remaining-subscription-writes']).toBe('199');

    for (let index = 0; index < 49; index++) await putToken();
    clock.advance(2);

    expect((await putToken()).headers['x-ms-ratelimit-remaining-subscription-writes']).toBe('169');
  });

  it.each([
    ['smallest', '199', '2999'],
    ['larger', '799', '11999'],
    ['hourly', '1199', undefined],
  ] as const)(
    'with the recorded sizes %s leaves %s writes of the caller and %s of all callers',
    async (name, own, all) => {
      const set = await cloud.call('PATCH', '/_control/settings', { rateLimits: name });
      expect(set).toMatchObject({ status: 200, body: { rateLimits: name } });

      const { headers } = await putToken();
      expect(headers['x-ms-ratelimit-remaining-subscription-writes']).toBe(own);
      expect(headers['x-ms-ratelimit-remaining-subscription-global-writes']).toBe(all);
    },
  );

  it('also counts all callers of the subscription together', async () => {
    const headersAfterRead = async (who: 'app' | 'operator') => {
      const authorization = `Bearer ${await cloud.token(who)}`;
      return (await cloud.call('GET', `${cloud.registryId}?api-version=2025-11-01`, undefined, { authorization }))
        .headers;
    };
    await headersAfterRead('app');

    expect(await headersAfterRead('operator')).toMatchObject({
      'x-ms-ratelimit-remaining-subscription-reads': '249',
      'x-ms-ratelimit-remaining-subscription-global-reads': '3748',
    });
  });

  it('can be disabled', async () => {
    cloud.running.plane.settings.throttling = 0;
    const read = await cloud.armCall('GET', cloud.registryId);
    expect(read.headers['x-ms-ratelimit-remaining-subscription-reads']).toBeUndefined();
  });
});
