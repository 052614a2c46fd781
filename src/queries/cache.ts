/** A value from a cache. */
export interface CachedRead<T> {
  /** Number of the read that gave the value: reads are counted from 1, and a later one has a higher number. */
  readonly nth: number;
  readonly value: Promise<T>;
}

/** Values by key that were read a short while ago. */
export interface Cache {
  /** How many reads the cache has made. */
  readonly reads: number;
  /** Whether it holds a value of the key that is fresh enough. */
  has(key: string): boolean;
  /**
   * Gives the cached value, or reads it. A failed read is not kept.
   *
   * @param key the resource; each key must be used with one type only.
   * @param read reads the value when the cache has none.
   * @param after a number of a read: a value of that read or an earlier one is not taken from the cache.
   */
  read<T>(key: string, read: () => Promise<T>, after?: number): CachedRead<T>;
}

/** Creates a cache. @param freshFor how long a value is used, in milliseconds. */
export function createCache(freshFor: number): Cache {
  const entries = new Map<string, CachedRead<unknown> & { readonly until: number }>();
  let reads = 0;
  const fresh = (key: string, after = 0) => {
    const known = entries.get(key);
    return known && known.until > Date.now() && known.nth > after ? known : undefined;
  };
  return {
    get reads(): number {
      return reads;
    },
    has: (key) => fresh(key) !== undefined,
    read: <T>(key: string, read: () => Promise<T>, after?: number): CachedRead<T> => {
      const known = fresh(key, after);
      if (known) return known as CachedRead<T>;
      for (const [old, { until }] of entries) if (until <= Date.now()) entries.delete(old);
      reads += 1;
      const value = read();
      const entry = { until: Date.now() + freshFor, nth: reads, value };
      entries.set(key, entry);
      value.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      return { nth: reads, value };
    },
  };
}
