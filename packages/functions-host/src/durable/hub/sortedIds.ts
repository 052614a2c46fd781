/** Ids in the order in which queries list them: by code unit, as in table storage. */

/** An id, alone or with what queries need to know of it. */
export type Listed<T extends { readonly id: string }> = string | T;

/** The id of an item. */
export const idOf = (item: Listed<{ readonly id: string }>): string => (typeof item === 'string' ? item : item.id);

/**
 * A sorted set of ids. Some come with an object, so that a filter need not look up each of a hundred thousand. Changes
 * are collected until the next query, which merges them in one pass.
 */
export class SortedIds<T extends { readonly id: string }> {
  #sorted: readonly Listed<T>[] = [];
  /** By id; undefined for those that were removed. */
  readonly #changes = new Map<string, Listed<T> | undefined>();

  /** Adds an id, or changes what comes with it. */
  set(item: Listed<T>): void {
    this.#changes.set(idOf(item), item);
  }

  delete(id: string): void {
    this.#changes.set(id, undefined);
  }

  /** All ids. The array does not change. */
  all(): readonly Listed<T>[] {
    if (this.#changes.size > 0) this.#merge();
    return this.#sorted;
  }

  /**
   * Where the ids with a prefix, after an id, are in `all`: from one index up to another. An absent condition matches
   * all.
   */
  range({ prefix, after }: { prefix?: string; after?: string }): readonly [from: number, to: number] {
    const items = this.all();
    const from = Math.max(
      prefix === undefined ? 0 : indexOf(items, (id) => id < prefix),
      after === undefined ? 0 : indexOf(items, (id) => id <= after),
    );
    // In this order, the ids with the same prefix follow each other.
    const to = prefix === undefined ? items.length : indexOf(items, (id) => id < prefix || id.startsWith(prefix));
    return [from, Math.max(from, to)];
  }

  #merge(): void {
    const changes = [...this.#changes].sort((one, other) => (one[0] < other[0] ? -1 : 1));
    const merged: Listed<T>[] = [];
    let next = 0;
    for (const item of this.#sorted) {
      const id = idOf(item);
      let change = changes[next];
      for (; change !== undefined && change[0] < id; change = changes[next]) {
        if (change[1] !== undefined) merged.push(change[1]);
        next += 1;
      }
      if (change?.[0] !== id) merged.push(item);
    }
    for (const [, item] of changes.slice(next)) if (item !== undefined) merged.push(item);
    this.#sorted = merged;
    this.#changes.clear();
  }
}

/** The index of the first id that does not come before a bound. */
function indexOf(items: readonly Listed<{ readonly id: string }>[], isBefore: (id: string) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && isBefore(idOf(item))) low = middle + 1;
    else high = middle;
  }
  return low;
}
