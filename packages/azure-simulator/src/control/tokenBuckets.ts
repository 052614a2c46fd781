import type { Rate } from './rateLimits.js';

/** What a request got from its buckets. */
export interface Taken {
  readonly isGranted: boolean;
  /** Tokens left in each bucket, rounded down. */
  readonly left: readonly number[];
  /** Whole seconds until every bucket has a token; 0 if it was granted. */
  readonly wait: number;
}

interface Bucket {
  tokens: number;
  /** When it was filled up to `tokens`, in milliseconds. */
  at: number;
}

/** Token buckets by key. A bucket is full when it is used for the first time. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();

  /** @param now the time in milliseconds, of the clock that fills the buckets */
  constructor(private readonly now: () => number) {}

  /**
   * Takes one token from each bucket, or none: a refused request takes nothing. (Key Vault says so of itself in
   * overview-throttling. For ARM it is unknown.)
   */
  take(wanted: readonly { readonly key: string; readonly rate: Rate }[]): Taken {
    const filled = wanted.map(({ key, rate }) => ({ bucket: this.#filled(key, rate), rate }));
    const wait = Math.max(
      0,
      ...filled.map(({ bucket, rate }) => (bucket.tokens < 1 ? Math.ceil((1 - bucket.tokens) / rate.perSecond) : 0)),
    );
    const isGranted = wait === 0;
    if (isGranted) for (const { bucket } of filled) bucket.tokens -= 1;
    return { isGranted, left: filled.map(({ bucket }) => Math.floor(bucket.tokens)), wait };
  }

  #filled(key: string, { size, perSecond }: Rate): Bucket {
    const now = this.now();
    const bucket = this.#buckets.get(key) ?? { tokens: size, at: now };
    const refill = (Math.max(0, now - bucket.at) / 1000) * perSecond;
    bucket.tokens = Math.min(size, bucket.tokens + refill);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
