import { isYounger } from '../domain/times/isYounger.js';

/**
 * The earlier reads whose value a caller accepts: those that started after `after` and less than `age` milliseconds
 * ago.
 */
export interface Serves {
  readonly after: Date;
  readonly age: number;
}

/**
 * Reads a value, and shares the read with all callers that wait for the same value. The read starts after the call, so
 * its value is as new as that of a separate read; with `serves`, an earlier read may be used.
 *
 * @param key the resource; each key must be used with one type only.
 */
type SharedRead = <T>(key: string, read: () => Promise<T>, serves?: Serves) => Promise<T>;

interface Read {
  readonly startedAt: number;
  readonly value: Promise<unknown>;
  state: 'reading' | 'read' | 'failed';
  /** The read that starts when this one ends. Calls during this read wait for it. */
  next?: Promise<unknown>;
}

/** Maximum age of a read that is kept, in milliseconds. */
const KEPT_FOR = 10_000;

/** Creates a shared read. At most one read of a key is in progress. */
export function createSharedRead(): SharedRead {
  const reads = new Map<string, Read>();

  function start(key: string, read: () => Promise<unknown>): Promise<unknown> {
    for (const [old, { state, startedAt }] of reads)
      if (state !== 'reading' && !isYounger(startedAt, KEPT_FOR, Date.now())) reads.delete(old);
    const value = read();
    const started: Read = { startedAt: Date.now(), value, state: 'reading' };
    reads.set(key, started);
    value.then(
      () => (started.state = 'read'),
      () => (started.state = 'failed'),
    );
    return value;
  }

  return async <T>(key: string, read: () => Promise<T>, serves?: Serves): Promise<T> => {
    const last = reads.get(key);
    if (last && serves && fits(last, serves)) return last.value as Promise<T>;
    if (last && (last.next || last.state === 'reading')) {
      last.next ??= last.value.then(
        () => start(key, read),
        () => start(key, read),
      );
      return last.next as Promise<T>;
    }
    return start(key, read) as Promise<T>;
  };
}

function fits({ startedAt, state }: Read, { after, age }: Serves): boolean {
  return state !== 'failed' && startedAt > after.getTime() && isYounger(startedAt, age, Date.now());
}
