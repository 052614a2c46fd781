import type { Bucket } from './rate.js';

/**
 * Rates of one IoT Hub. Source: Azure docs, iot-hub-devguide-quotas-throttling. They depend on the hub's tier and
 * units, which the app does not know. A hub accepts bursts, and then queues requests, before it refuses one.
 *
 * Direct methods and twin updates have the rates of one unit of S1: 40 calls of up to 4 KB a second, and 50 updates a
 * second. That is more than Resource Manager lets the app use. Operations of the identity registry have the rate of one
 * unit of S3, 5,000 a minute, since that of S1 (100 a minute) would delay larger hubs; a smaller hub is heard by its
 * 429.
 */
const METHODS = { capacity: 40, perSecond: 40 };
const TWINS = { capacity: 50, perSecond: 50 };
const IDENTITIES = { capacity: 5_000, perSecond: 83 };

/** The bucket of a request to an IoT Hub. */
export function hubBucket({ method, url }: { readonly method: string; readonly url: string }): Bucket {
  const { host, pathname } = new URL(url);
  if (!pathname.startsWith('/twins/')) return { name: `hub ${host} identities`, rate: IDENTITIES };
  return method === 'POST'
    ? { name: `hub ${host} methods`, rate: METHODS }
    : { name: `hub ${host} twins`, rate: TWINS };
}

/**
 * Rate of one Event Grid topic: 5,000 events a second; the app sends one event a request. Capacity and one second of
 * the rate add up to that number. Source: Azure docs, event-grid/quotas-limits.
 */
const EVENTS = { capacity: 2_500, perSecond: 2_500 };

/** The bucket of a request that publishes on an Event Grid topic. */
export function topicBucket({ url }: { readonly url: string }): Bucket {
  return { name: `topic ${new URL(url).host}`, rate: EVENTS };
}
