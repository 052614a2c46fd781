import { expect, test } from 'vitest';
import { hubBucket, topicBucket } from '../../../../src/azure/budget/deviceBuckets.js';

test('all events of a topic share one bucket, of which no second exceeds 5,000 events', () => {
  const url = 'https://signals.westeurope-1.eventgrid.azure.net/api/events?api-version=2018-01-01';
  const { name, rate } = topicBucket({ url });
  expect(name).toBe('topic signals.westeurope-1.eventgrid.azure.net');
  expect(rate.capacity + rate.perSecond).toBe(5_000);
  expect(topicBucket({ url: new URL('/other', url).href }).name).toBe(name);
  expect(topicBucket({ url: 'https://other.westeurope-1.eventgrid.azure.net/api/events' }).name).not.toBe(name);
});

test.each([
  { method: 'POST', path: '/twins/a/methods', kind: 'methods' },
  { method: 'PATCH', path: '/twins/a', kind: 'twins' },
  { method: 'GET', path: '/devices/a', kind: 'identities' },
])('requests of a hub have a bucket for each limit: $kind', ({ method, path, kind }) => {
  const { name } = hubBucket({ method, url: `https://a-hub.azure-devices.net${path}?api-version=2021-04-12` });
  expect(name).toBe(`hub a-hub.azure-devices.net ${kind}`);
});
