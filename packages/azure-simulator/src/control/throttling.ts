import type { ApiReply } from '../http/message.js';
import type { Call, Route } from '../http/route.js';
import type { Throttle } from '../pipeline.js';
import type { Plane } from '../plane.js';
import { kindOf } from './counters.js';
import { limitsOf, VAULT_LIMITS, type BucketName, type Rate } from './rateLimits.js';
import { TokenBuckets } from './tokenBuckets.js';

/** A bucket that a request of ARM takes a token from. */
interface Charged {
  readonly key: string;
  readonly rate: Rate;
  /** The answer's header that says how many tokens remain. */
  readonly header: string;
}

/** Refuses a sender with an empty bucket with 429 and `Retry-After`. Headers report the remaining requests. */
export function makeThrottle(plane: Plane): Throttle {
  const buckets = new TokenBuckets(() => plane.clock.now().getTime());

  const ofVault = (route: Route): ReturnType<Throttle> => {
    const kind = route.operation === 'vault/setSecret' ? 'creates' : 'others';
    const { isGranted, wait } = buckets.take([scaled({ key: `vault ${kind}`, rate: VAULT_LIMITS[kind] })]);
    if (isGranted) return { headers: {} };
    const message =
      'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached';
    return tooMany(wait, 'Throttled', message, 'VaultRequestTypeLimitReached');
  };

  const ofArm = (call: Call, route: Route): ReturnType<Throttle> => {
    const charged = chargedOf(call, bucketOf(route));
    const { isGranted, left, wait } = buckets.take(charged.map(scaled));
    const headers = Object.fromEntries(
      charged.map(({ header }, n) => [`x-ms-ratelimit-remaining-${header}`, String(left[n] ?? 0)]),
    );
    if (isGranted) return { headers };
    const { refusal } = tooMany(wait, 'SubscriptionRequestsThrottled', throttledMessage(call, route, wait));
    return { refusal: { ...refusal, headers: { ...refusal.headers, ...headers } } };
  };

  /** The principal's own bucket and the one of all principals, in the subscription or the tenant. */
  const chargedOf = (call: Call, name: BucketName): Charged[] => {
    const selected = plane.settings.rateLimits;
    const { own, global } = limitsOf(selected);
    const subscription = subscriptionOf(call);
    const scope = `${JSON.stringify(selected)} ${subscription ?? 'tenant'} ${name}`;
    const header = subscription === undefined ? 'tenant' : 'subscription';
    return [
      { key: `${scope} ${call.principal.name}`, rate: own[name], header: `${header}-${name}` },
      ...(global && subscription !== undefined
        ? [{ key: scope, rate: global[name], header: `${header}-global-${name}` }]
        : []),
    ];
  };

  const scaled = ({ key, rate }: Pick<Charged, 'key' | 'rate'>): Pick<Charged, 'key' | 'rate'> => {
    const factor = plane.settings.throttling;
    return { key, rate: { size: rate.size * factor, perSecond: rate.perSecond * factor } };
  };

  return (call, route) => {
    if (plane.settings.throttling === 0) return { headers: {} };
    if (route.service === 'vault') return ofVault(route);
    return route.service === 'arm' ? ofArm(call, route) : { headers: {} };
  };
}

/**
 * The bucket of a request. A poll is a read. POST is charged as a write, whatever it does: in the recordings
 * generateCredentials, listKeys, getFullUrl and regenerateKey return `remaining-subscription-writes`.
 */
function bucketOf(route: Route): BucketName {
  const kind = kindOf(route);
  if (kind === 'delete') return 'deletes';
  return kind === 'read' || kind === 'poll' ? 'reads' : 'writes';
}

/** In lower case; undefined if the path names none, whose requests are charged to the tenant. */
function subscriptionOf(call: Call): string | undefined {
  return /^\/subscriptions\/([^/]+)/i.exec(call.path)?.[1]?.toLowerCase();
}

const SINGULAR: Readonly<Record<BucketName, string>> = { reads: 'read', writes: 'write', deletes: 'delete' };

/**
 * Wording as users quote it since the token buckets of 2024: "Number of 'read' requests for subscription '...' actor
 * '...' exceeded. Please try again after '10' seconds." Of the tenant's buckets no quotation is public; the wording is
 * adapted.
 */
function throttledMessage(call: Call, route: Route, wait: number): string {
  const subscription = subscriptionOf(call);
  const scope = subscription === undefined ? 'tenant' : `subscription '${subscription}'`;
  const kind = SINGULAR[bucketOf(route)];
  return `Number of '${kind}' requests for ${scope} actor '${call.principal.objectId}' exceeded. Please try again after '${wait}' seconds.`;
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
