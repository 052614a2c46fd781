import type { ArmKind, ArmRates } from '../../domain/resourceManager/rates.js';
import type { Bucket } from './rate.js';

/** The used part of a request in the Azure SDKs' pipeline. */
interface BucketedRequest {
  readonly method: string;
  readonly url: string;
}

const SUBSCRIPTION = /^\/subscriptions\/([^/]+)/i;

/** Gives the buckets of Resource Manager: each principal has its own in each subscription. */
export function armBuckets(rates: ArmRates) {
  const bucket = (subscriptionId: string, principal: string, kind: ArmKind): Bucket => ({
    name: `arm ${subscriptionId.toLowerCase()} ${principal} ${kind}`,
    rate: rates[kind],
  });
  return {
    of: bucket,

    /** The bucket of a principal's request; polls are reads. Undefined for a request outside subscriptions. */
    ofRequest:
      (principal: string) =>
      ({ method, url }: BucketedRequest): Bucket | undefined => {
        const subscriptionId = SUBSCRIPTION.exec(new URL(url).pathname)?.[1];
        return subscriptionId === undefined ? undefined : bucket(subscriptionId, principal, kindOf(method));
      },
  };
}

function kindOf(method: string): ArmKind {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}
