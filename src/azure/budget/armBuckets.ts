import type { Bucket, Rate } from './rate.js';

/** Kinds of requests that Resource Manager counts separately. */
export type ArmKind = 'reads' | 'writes' | 'deletes';

/**
 * Published rates: buckets of 250 reads with 25 a second, 200 writes with 10, 200 deletes with 10, for each subscription and
 * principal. They are start values, since recorded subscriptions had larger buckets. Source: Azure docs,
 * azure-resource-manager/management/request-limits-and-throttling.
 */
export type ArmRates = Readonly<Record<ArmKind, Rate>>;

/** The used part of a request in the Azure SDKs' pipeline. */
interface ArmRequest {
  readonly method: string;
  readonly url: string;
}

const SUBSCRIPTION = /^\/subscriptions\/([^/]+)/i;

/** Gives the buckets of Resource Manager, for the principal with which the app calls. */
export function armBuckets(rates: ArmRates) {
  const bucket = (subscriptionId: string, kind: ArmKind): Bucket => ({
    name: `arm ${subscriptionId.toLowerCase()} ${kind}`,
    rate: rates[kind],
  });
  return {
    of: bucket,

    /** The bucket of a request; polls are reads. Undefined for a request outside subscriptions. */
    ofRequest: ({ method, url }: ArmRequest): Bucket | undefined => {
      const subscriptionId = SUBSCRIPTION.exec(new URL(url).pathname)?.[1];
      return subscriptionId === undefined ? undefined : bucket(subscriptionId, kindOf(method));
    },
  };
}

function kindOf(method: string): ArmKind {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}
