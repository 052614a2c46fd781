import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cloud } from '../../../../test/shared/cloud.js';
import { ManualClock } from '../../../../test/shared/manualClock.js';

describe('throttling', () => {
  let cloud: Cloud;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = new ManualClock();
    cloud = await Cloud.start({ clock });
  });
  afterEach(() => cloud.end());

  const HEADER = 'x-ms-ratelimit-remaining-subscription';
  const putToken = () =>
    cloud.armCall('PUT', `${cloud.registryId}/tokens/faulty-token`, {
      properties: { scopeMapId: `${cloud.registryId}/scopeMaps/myconnectedregistry` },
    });
  const readAs = async (who: 'app' | 'operator', path = cloud.registryId) => {
    const authorization = `Bearer ${await cloud.token(who)}`;
    return cloud.call('GET', `${path}?api-version=2025-11-01`, undefined, { authorization });
  };
  const set = (settings: object) => cloud.call('PATCH', '/_control/settings', settings);
  const rates = (size: number, perSecond: number) => {
    const rate = { size, perSecond };
    return { reads: rate, writes: rate, deletes: rate };
  };

  it('refuses with 429 and Retry-After when a bucket is empty, for that sender and kind only', async () => {
    cloud.running.plane.settings.throttling = 0.05;
    const statuses = [];
    let last = await putToken();
    for (let index = 0; index < 10; index++) statuses.push((last = await putToken()).status);
    expect(statuses).toContain(201);
    expect(last).toMatchObject({ status: 429, body: { error: { code: 'SubscriptionRequestsThrottled' } } });
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect(last.headers[`${HEADER}-writes`]).toBe('0');
    const read = await cloud.armCall('GET', cloud.registryId);
    expect(read.status).toBe(200);
    expect(Number(read.headers[`${HEADER}-reads`])).toBeGreaterThan(0);
    clock.advance(Number(last.headers['retry-after']));
    expect((await putToken()).status).toBe(201);
  });

  it('names the kind, the subscription, the principal and the wait, as ARM does', async () => {
    await set({ rateLimits: rates(1, 0.1) });
    expect((await readAs('app')).status).toBe(200);
    const { subscriptionId, identities } = cloud.running.world;
    expect(await readAs('app')).toMatchObject({
      status: 429,
      headers: { 'retry-after': '10', [`${HEADER}-reads`]: '0' },
      body: {
        error: {
          message: `Number of 'read' requests for subscription '${subscriptionId}' actor '${identities.app.objectId}' exceeded. Please try again after '10' seconds.`,
        },
      },
    });
  });

  it('has room for 250 reads and 200 writes at once, refilled by 25 and 10 a second', async () => {
    const read = await cloud.armCall('GET', cloud.registryId);
    expect(read.headers[`${HEADER}-reads`]).toBe('249');
    const write = await putToken();
    expect(write.headers[`${HEADER}-writes`]).toBe('199');
    for (let index = 0; index < 49; index++) await putToken();
    clock.advance(2);
    expect((await putToken()).headers[`${HEADER}-writes`]).toBe('169');
  });

  it('charges a POST as a write, a poll as a read, and a deletion to the bucket of deletions', async () => {
    const created = await putToken();
    clock.advance(10);
    await cloud.call('PATCH', '/_control/settings', { operationMilliseconds: 0 });
    const authorization = `Bearer ${await cloud.token('operator')}`;
    const poll = String(created.headers['azure-asyncoperation']).slice(cloud.url.length);
    const polled = await cloud.call('GET', poll, undefined, { authorization });
    expect(polled).toMatchObject({ status: 200, headers: { [`${HEADER}-reads`]: '249' } });
    const generated = await cloud.armCall('POST', `${cloud.registryId}/generateCredentials`, {
      tokenId: `${cloud.registryId}/tokens/faulty-token`,
      name: 'password1',
    });
    expect(generated.headers[`${HEADER}-writes`]).toBe('199');
    const deleted = await cloud.armCall('DELETE', `${cloud.registryId}/tokens/faulty-token`);
    expect(deleted.headers[`${HEADER}-deletes`]).toBe('199');
  });

  it.each([
    ['smallest', '199', '2999'],
    ['larger', '799', '11999'],
    ['hourly', '1199', undefined],
  ] as const)('has the %s sizes that were recorded: %s writes left, %s of all callers', async (name, own, all) => {
    expect(await set({ rateLimits: name })).toMatchObject({ status: 200, body: { rateLimits: name } });
    const { headers } = await putToken();
    expect(headers[`${HEADER}-writes`]).toBe(own);
    expect(headers[`${HEADER}-global-writes`]).toBe(all);
  });

  it('has the sizes that a setting states, fifteen times as much for all principals', async () => {
    expect(await set({ rateLimits: rates(7, 2) })).toMatchObject({ status: 200 });
    expect((await putToken()).headers).toMatchObject({ [`${HEADER}-writes`]: '6', [`${HEADER}-global-writes`]: '104' });
    expect((await set({ rateLimits: rates(0, 2) })).status).toBe(400);
  });

  it('counts all callers of the subscription together, too, and a refused request for neither', async () => {
    await readAs('app');
    expect((await readAs('operator')).headers).toMatchObject({
      [`${HEADER}-reads`]: '249',
      [`${HEADER}-global-reads`]: '3748',
    });
    await set({ rateLimits: rates(1, 1) });
    await readAs('app');
    expect((await readAs('app')).headers[`${HEADER}-global-reads`]).toBe('14');
    expect((await readAs('operator')).headers[`${HEADER}-global-reads`]).toBe('13');
  });

  it('charges a request without a subscription to the tenant', async () => {
    const { headers } = await readAs('app', '/subscriptions');
    expect(headers['x-ms-ratelimit-remaining-tenant-reads']).toBe('249');
    expect(headers[`${HEADER}-reads`]).toBeUndefined();
  });

  it('counts what it refuses', async () => {
    await set({ rateLimits: rates(1, 1) });
    await readAs('app');
    await readAs('app');
    expect((await cloud.call('GET', '/_control/requests')).body).toMatchObject({
      principals: { app: { arm: { kinds: { read: 2 }, outcomes: { read: { succeeded: 1, throttled: 1 } } } } },
    });
  });

  it('takes 300 creations of secrets in ten seconds and vault, and 4,000 other calls', async () => {
    cloud.running.plane.settings.throttling = 0.01;
    const audience = 'https://vault.azure.net';
    const authorization = `Bearer ${await cloud.token('operator', audience)}`;
    const create = () => cloud.call('PUT', '/secrets/one?api-version=7.4', { value: 'x' }, { authorization });
    const read = () => cloud.call('GET', '/secrets/one?api-version=7.4', undefined, { authorization });
    for (let n = 0; n < 3; n++) expect((await create()).status).toBe(200);
    expect(await create()).toMatchObject({ status: 429, body: { error: { code: 'Throttled' } } });
    for (let n = 0; n < 40; n++) expect((await read()).status).toBe(200);
    expect((await read()).status).toBe(429);
  });

  it('can be switched off', async () => {
    cloud.running.plane.settings.throttling = 0;
    const read = await cloud.armCall('GET', cloud.registryId);
    expect(read.headers[`${HEADER}-reads`]).toBeUndefined();
  });
});
