interface Named {
  name: string;
}

/**
 * Things by name, ignoring case and keeping the case they were made with, as ARM and Key Vault do. Written to JSON as a
 * list.
 */
export class Collection<T extends Named> {
  readonly #items = new Map<string, T>();
  /** Keys in order, made when a page is asked for and dropped when a name comes or goes. */
  #order: string[] | undefined;

  constructor(items: Iterable<T> = []) {
    for (const item of items) this.set(item);
  }

  get size(): number {
    return this.#items.size;
  }

  get(name: string): T | undefined {
    return this.#items.get(name.toLowerCase());
  }

  set(item: T): void {
    const key = item.name.toLowerCase();
    if (!this.#items.has(key)) this.#order = undefined;
    this.#items.set(key, item);
  }

  delete(name: string): boolean {
    this.#order = undefined;
    return this.#items.delete(name.toLowerCase());
  }

  values(): IterableIterator<T> {
    return this.#items.values();
  }

  /**
   * One page in order of names.
   *
   * @param after the last name of the page before; nothing for the first page.
   * @returns `next` when there is more: what to pass as `after`.
   */
  page(size: number, after?: string): { items: T[]; next?: string } {
    const order = (this.#order ??= [...this.#items.keys()].sort());
    const first = after === undefined ? 0 : firstAfter(order, after.toLowerCase());
    const items: T[] = [];
    for (const key of order.slice(first, first + size)) {
      const item = this.#items.get(key);
      if (item) items.push(item);
    }
    const last = items.at(-1);
    return first + size < order.length && last ? { items, next: last.name } : { items };
  }

  toJSON(): T[] {
    return [...this.#items.values()];
  }
}

/** The index of the first key that is greater, by halves. */
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
