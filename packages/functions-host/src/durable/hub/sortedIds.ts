/** Ids in the order in which queries list them: by code unit, as in table storage. */

/** A sorted set. Changes are collected until the next query, which merges them in one pass. */
export class SortedIds {
  #sorted: readonly string[] = [];
  readonly #added = new Set<string>();
  /** Ids in `#sorted` that no longer exist. */
  readonly #removed = new Set<string>();

  /** Adds an id that is not in the set. */
  add(id: string): void {
    if (!this.#removed.delete(id)) this.#added.add(id);
  }

  /** Removes an id that is in the set. */
  remove(id: string): void {
    if (!this.#added.delete(id)) this.#removed.add(id);
  }

  /** All ids. */
  all(): readonly string[] {
    if (this.#added.size + this.#removed.size > 0) this.#merge();
    return this.#sorted;
  }

  /** The ids with a prefix, after an id; an absent condition matches all. The set must not change in the meantime. */
  *matching({ prefix, after }: { prefix?: string; after?: string }): Generator<string> {
    const ids = this.all();
    const start = Math.max(
      prefix === undefined ? 0 : indexOf(ids, (id) => id < prefix),
      after === undefined ? 0 : indexOf(ids, (id) => id <= after),
    );
    for (let index = start; index < ids.length; index += 1) {
      const id = ids[index];
      // In this order, the ids with the same prefix follow each other.
      if (id === undefined || (prefix !== undefined && !id.startsWith(prefix))) return;
      yield id;
    }
  }

  #merge(): void {
    const added = [...this.#added].sort();
    const merged: string[] = [];
    let next = 0;
    for (const id of this.#sorted) {
      if (this.#removed.has(id)) continue;
      for (let one = added[next]; one !== undefined && one < id; one = added[next]) {
        merged.push(one);
        next += 1;
      }
      merged.push(id);
    }
    this.#sorted = merged.concat(added.slice(next));
    this.#added.clear();
    this.#removed.clear();
  }
}

/** The index of the first id that does not come before a bound. */
function indexOf(ids: readonly string[], isBefore: (id: string) => boolean): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const id = ids[middle];
    if (id !== undefined && isBefore(id)) low = middle + 1;
    else high = middle;
  }
  return low;
}
