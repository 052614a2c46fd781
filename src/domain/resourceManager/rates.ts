/** A token bucket: each request takes a token. */
export interface Rate {
  /** Maximum tokens. */
  readonly capacity: number;
  /** Tokens that are added in a second. */
  readonly perSecond: number;
}

/** Kinds of requests that Resource Manager counts separately. */
export type ArmKind = 'reads' | 'writes' | 'deletes';

/**
 * Published rates: buckets of 250 reads with 25 a second, 200 writes with 10, 200 deletes with 10, for each
 * subscription and principal. They are start values, since recorded subscriptions had larger buckets. Source: Azure
 * docs, azure-resource-manager/management/request-limits-and-throttling.
 */
export type ArmRates = Readonly<Record<ArmKind, Rate>>;
