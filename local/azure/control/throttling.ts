import type { ApiReply } from '../http/message.js';
import type { Call, Route, Throttle } from '../pipeline.js';
import type { Plane } from '../plane.js';
import { kindOf } from './counters.js';

/**
 * ARM's token buckets per principal and subscription (Azure docs: resource-manager request-limits-and-throttling): how
 * many requests in a burst, and how many more each second.
 */
const BUCKETS = {
  reads: { size: 250, perSecond: 25 },
  writes: { size: 200, perSecond: 10 },
  deletes: { size: 200, perSecond: 10 },
} as const;
type BucketName = keyof typeof BUCKETS;

/** Key Vault: transactions per vault, all secrets together, in 10 seconds (Azure docs: key-vault service-limits). */
const VAULT_LIMIT = { size: 4000, perSecond: 400 };

interface Bucket {
  tokens: number;
  at: number;
}

/** Refuses with 429 and `Retry-After` who has used up a bucket; says in headers what is left of it. */
export function makeThrottle(plane: Plane): Throttle {
  const buckets = new Map<string, Bucket>();

  /** Tokens left after taking one; negative when there was none to take. */
  function take(key: string, rate: { size: number; perSecond: number }): { left: number; wait: number } {
    const factor = plane.settings.throttling;
    const now = plane.clock.now().getTime();
    const bucket = buckets.get(key) ?? { tokens: rate.size * factor, at: now };
    const refilled = bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * rate.perSecond * factor;
    bucket.tokens = Math.min(rate.size * factor, refilled);
    bucket.at = now;
    buckets.set(key, bucket);
    if (bucket.tokens < 1) return { left: -1, wait: Math.ceil((1 - bucket.tokens) / (rate.perSecond * factor)) };
    bucket.tokens -= 1;
    return { left: Math.floor(bucket.tokens), wait: 0 };
  }

  return (call: Call, route: Route) => {
    if (plane.settings.throttling === 0) return { headers: {} };
    if (route.service === 'vault') {
      const { left, wait } = take('vault', VAULT_LIMIT);
      if (left >= 0) return { headers: {} };
      const message =
        'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached';
      return tooMany(wait, 'Throttled', message, 'VaultRequestTypeLimitReached');
    }
    if (route.service !== 'arm') return { headers: {} };
    const name = bucketOf(route);
    const { left, wait } = take(`${call.principal.name} ${name}`, BUCKETS[name]);
    if (left >= 0) return { headers: { [`x-ms-ratelimit-remaining-subscription-${name}`]: String(left) } };
    const message = `Number of ${name} for subscription '${plane.arm.subscriptionId}' exceeded the limit. Please try again after '${wait}' seconds.`;
    const { refusal } = tooMany(wait, 'SubscriptionRequestsThrottled', message);
    return {
      refusal: { ...refusal, headers: { ...refusal.headers, [`x-ms-ratelimit-remaining-subscription-${name}`]: '0' } },
    };
  };
}

function bucketOf(route: Route): BucketName {
  const kind = kindOf(route);
  if (kind === 'delete') return 'deletes';
  return kind === 'read' || kind === 'poll' ? 'reads' : 'writes';
}

function tooMany(wait: number, code: string, message: string, inner?: string): { refusal: ApiReply } {
  return {
    refusal: {
      status: 429,
      headers: { 'retry-after': String(wait) },
      body: { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } },
    },
  };
}
