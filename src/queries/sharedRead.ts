/** When an earlier read serves a request: it must have begun after `after`, and at most `age` milliseconds ago. */
export interface Serves {
  readonly after: Date;
  readonly age: number;
}

/**
 * Reads a value, and shares the read with all who wait for the same value. The value is as new as one that the caller reads by
 * itself: the read begins after the request, or fits `serves`.
 *
 * @param key the resource; each key must be used with one type only.
 */
export type SharedRead = <T>(key: string, read: () => Promise<T>, serves?: Serves) => Promise<T>;

interface Read {
  readonly begunAt: number;
  readonly value: Promise<unknown>;
  state: 'reading' | 'read' | 'failed';
  /** The read that begins when this one ends: requests that came too late for this one wait for it. */
  next?: Promise<unknown>;
}

/** Maximum age of a read that is kept, in milliseconds. */
const KEPT_FOR = 10_000;

/** Creates a shared read. At most one read of a key is in progress. */
export function createSharedRead(): SharedRead {
  const reads = new Map<string, Read>();

  function begin(key: string, read: () => Promise<unknown>): Promise<unknown> {
    for (const [old, { state, begunAt }] of reads)
      if (state !== 'reading' && Math.abs(Date.now() - begunAt) > KEPT_FOR) reads.delete(old);
    const value = read();
    const begun: Read = { begunAt: Date.now(), value, state: 'reading' };
    reads.set(key, begun);
    value.then(
      () => (begun.state = 'read'),
      () => (begun.state = 'failed'),
    );
    return value;
  }

  return async <T>(key: string, read: () => Promise<T>, serves?: Serves): Promise<T> => {
    const last = reads.get(key);
    if (last && serves && fits(last, serves)) return last.value as Promise<T>;
    if (last && (last.next || last.state === 'reading')) {
      last.next ??= last.value.then(
        () => begin(key, read),
        () => begin(key, read),
      );
      return last.next as Promise<T>;
    }
    return begin(key, read) as Promise<T>;
  };
}

function fits({ begunAt, state }: Read, { after, age }: Serves): boolean {
  const passed = Date.now() - begunAt;
  return state !== 'failed' && begunAt > after.getTime() && passed >= 0 && passed <= age;
}
