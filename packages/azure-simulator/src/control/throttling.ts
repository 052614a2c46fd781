import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Throttle } from '../pipeline.js';
import type { Plane } from '../plane.js';
import { kindOf } from './counters.js';
import { LIMITS, type BucketName, type Rate } from './rateLimits.js';

/** Key Vault: transactions per vault, all secrets together, in 10 seconds (Azure docs: key-vault service-limits). */
const VAULT_LIMIT = { size: 4000, perSecond: 400 };

interface Bucket {
  tokens: number;
  at: number;
}

/** Refuses a sender with an empty bucket with 429 and `Retry-After`. Headers report the remaining requests. */
export function makeThrottle(plane: Plane): Throttle {
  const buckets = new Map<string, Bucket>();

  /** Takes a token from a bucket. @returns the remaining tokens, negative if the bucket was empty; `wait` in seconds */
  function take(key: string, rate: Rate): { remaining: number; wait: number } {
    const factor = plane.settings.throttling;
    const now = plane.clock.now().getTime();
    const bucket = buckets.get(key) ?? { tokens: rate.size * factor, at: now };
    const refilled = bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * rate.perSecond * factor;
    bucket.tokens = Math.min(rate.size * factor, refilled);
    bucket.at = now;
    buckets.set(key, bucket);
    if (bucket.tokens < 1) return { remaining: -1, wait: Math.ceil((1 - bucket.tokens) / (rate.perSecond * factor)) };
    bucket.tokens -= 1;
    return { remaining: Math.floor(bucket.tokens), wait: 0 };
  }

  return (call: Call, route: Route) => {
    if (plane.settings.throttling === 0) return { headers: {} };
    if (route.service === 'vault') {
      const { remaining, wait } = take('vault', VAULT_LIMIT);
      if (remaining >= 0) return { headers: {} };
      const message =
        'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached';
      return tooMany(wait, 'Throttled', message, 'VaultRequestTypeLimitReached');
    }
    if (route.service !== 'arm') return { headers: {} };
    const name = bucketOf(route);
    const { own, global } = LIMITS[plane.settings.rateLimits];
    const headers: Record<string, string> = {};
    const taken: { key: string; rate: Rate; header: string }[] = [
      { key: `${call.principal.name} ${name}`, rate: own[name], header: name },
      ...(global ? [{ key: `global ${name}`, rate: global[name], header: `global-${name}` }] : []),
    ];
    for (const { key, rate, header } of taken) {
      const { remaining, wait } = take(`${plane.settings.rateLimits} ${key}`, rate);
      headers[`x-ms-ratelimit-remaining-subscription-${header}`] = String(Math.max(0, remaining));
      if (remaining >= 0) continue;
      const message = `Number of ${name} for subscription '${plane.arm.subscriptionId}' exceeded the limit. Please try again after '${wait}' seconds.`;
      const { refusal } = tooMany(wait, 'SubscriptionRequestsThrottled', message);
      return { refusal: { ...refusal, headers: { ...refusal.headers, ...headers } } };
    }
    return { headers };
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
