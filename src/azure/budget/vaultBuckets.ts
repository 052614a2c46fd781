import type { Bucket } from './rate.js';

/**
 * Rates of one vault, for all its secrets: a vault of any tier accepts 300 creations and 4,000 other requests in 10
 * seconds. Each bucket's capacity and ten seconds of its rate add up to that number, so that no period of ten seconds
 * exceeds it. Source: Azure docs, key-vault/general/service-limits.
 */
const CREATIONS = { capacity: 60, perSecond: 24 };
const OTHERS = { capacity: 800, perSecond: 320 };

/** A new version of a secret: its path has the secret's name and nothing else. */
const SECRET = /^\/secrets\/[^/]+\/?$/;

/** The bucket of a request to a vault. */
export function vaultBucket({ method, url }: { readonly method: string; readonly url: string }): Bucket {
  const { host, pathname } = new URL(url);
  const creates = method === 'PUT' && SECRET.test(pathname);
  return creates
    ? { name: `vault ${host} creations`, rate: CREATIONS }
    : { name: `vault ${host} others`, rate: OTHERS };
}
