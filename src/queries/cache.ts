import { isYounger } from '../domain/times/isYounger.js';

/** A value from a cache. */
interface CachedRead<T> {
  /** Number of the read that gave the value: reads are counted from 1, and a later one has a higher number. */
  readonly nth: number;
  readonly value: Promise<T>;
}

/** Values by key that were read a short while ago. */
export interface Cache {
  /** How many reads the cache has made. */
  readonly reads: number;
  /** Whether it holds a value of the key that is fresh enough. @param accepts as in `read` */
  has(key: string, accepts?: Accepts): boolean;
  /**
   * Gives the cached value, or reads it. A failed read is not kept.
   *
   * @param key the resource; each key must be used with one type only.
   * @param read reads the value when the cache has none.
   */
  read<T>(key: string, read: () => Promise<T>, accepts?: Accepts): CachedRead<T>;
}

/** Which values a caller takes from the cache. */
export interface Accepts {
  /** A number of a read: a value of that read or an earlier one is not taken. */
  readonly after?: number;
  /** Maximum age in milliseconds; by default the cache's. */
  readonly age?: number;
}

/** Creates a cache. @param freshFor how long a value is used, in milliseconds. */
export function createCache(freshFor: number): Cache {
  const entries = new Map<string, CachedRead<unknown> & { readonly readAt: number }>();
  let reads = 0;
  const fresh = (key: string, { after = 0, age = freshFor }: Accepts = {}) => {
    const known = entries.get(key);
    return known && isYounger(known.readAt, age, Date.now()) && known.nth > after ? known : undefined;
  };
  return {
    get reads(): number {
      return reads;
    },
    has: (key, accepts) => fresh(key, accepts) !== undefined,
    read: <T>(key: string, read: () => Promise<T>, accepts?: Accepts): CachedRead<T> => {
      const known = fresh(key, accepts);
      if (known) return known as CachedRead<T>;
      for (const [old, { readAt }] of entries) if (!isYounger(readAt, freshFor, Date.now())) entries.delete(old);
      reads += 1;
      const nth = reads;
      const value = read();
      const entry = { readAt: Date.now(), nth, value };
      entries.set(key, entry);
      value.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      return { nth, value };
    },
  };
}
