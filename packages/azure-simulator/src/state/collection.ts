import type { Keeps, Note } from './store.js';

interface Named {
  name: string;
}

/** How items are identified and stored. Defaults: by name, and unchanged. */
export interface Keeping<T> {
  /** The key of an item. */
  keyOf?: (item: T) => string;
  /** Its form on disk, without what other collections store. */
  store?: (item: T) => unknown;
  /**
   * Reads it back from disk; `before` is the current item with the key. Default: as it was stored, which the format in
   * the file's first line guarantees.
   */
  revive?: (stored: unknown, before: T | undefined) => T;
}

/**
 * Items by name, ignoring case and keeping the original spelling, as ARM and Key Vault do. Items are never changed in
 * place: a change replaces the item, so that a store can record it. Serialized to JSON as a list.
 */
export class Collection<T> implements Keeps {
  readonly #items = new Map<string, T>();
  readonly #keyOf: (item: T) => string;
  readonly #keeping: Keeping<T>;
  /** Keys in order, created when a page is first requested and maintained from then on. */
  #order: string[] | undefined;
  #note: Note | undefined;

  constructor(items: Iterable<T> = [], keeping: Keeping<T> = {}) {
    this.#keeping = keeping;
    this.#keyOf = keeping.keyOf ?? ((item) => (item as Named).name.toLowerCase());
    for (const item of items) this.set(item);
  }

  get size(): number {
    return this.#items.size;
  }

  /** Finds an item by name, if that is the key; otherwise by key. */
  get(name: string): T | undefined {
    return this.#items.get(this.#keeping.keyOf ? name : name.toLowerCase());
  }

  set(item: T): void {
    const key = this.#keyOf(item);
    if (!this.#items.has(key)) this.#order?.splice(firstAfter(this.#order, key), 0, key);
    this.#items.set(key, item);
    this.#note?.(key, this.#stored(item));
  }

  delete(name: string): boolean {
    const key = this.#keeping.keyOf ? name : name.toLowerCase();
    const was = this.#items.delete(key);
    if (!was) return false;
    this.#order?.splice(firstAfter(this.#order, key) - 1, 1);
    this.#note?.(key, undefined);
    return true;
  }

  values(): IterableIterator<T> {
    return this.#items.values();
  }

  /**
   * One page in order of names.
   *
   * @param after the last name of the previous page; undefined for the first page
   * @returns `next` if there is more: the value to pass as `after`
   */
  page(size: number, after?: string): { items: T[]; next?: string } {
    const order = (this.#order ??= [...this.#items.keys()].sort());
    const first = after === undefined ? 0 : firstAfter(order, this.#keeping.keyOf ? after : after.toLowerCase());
    const items: T[] = [];
    const keys = order.slice(first, first + size);
    for (const key of keys) {
      const item = this.#items.get(key);
      if (item !== undefined) items.push(item);
    }
    const last = keys.at(-1);
    return first + size < order.length && last !== undefined ? { items, next: last } : { items };
  }

  watch(note: Note): void {
    this.#note = note;
  }

  *entries(): IterableIterator<[key: string, stored: unknown]> {
    for (const [key, item] of this.#items) yield [key, this.#stored(item)];
  }

  restore(key: string, stored: unknown): void {
    this.#order = undefined;
    if (stored === undefined) this.#items.delete(key);
    else this.#items.set(key, this.#keeping.revive?.(stored, this.#items.get(key)) ?? (stored as T));
  }

  toJSON(): T[] {
    return [...this.#items.values()];
  }

  #stored(item: T): unknown {
    return this.#keeping.store ? this.#keeping.store(item) : item;
  }
}

/** The index of the first key that is greater, by binary search. */
function firstAfter(order: readonly string[], key: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((order[middle] ?? '') <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
