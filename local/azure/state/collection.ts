interface Named {
  name: string;
}

/**
 * Things by name, ignoring case and keeping the case they were made with, as ARM and Key Vault do. Written to JSON as a
 * list.
 */
export class Collection<T extends Named> {
  readonly #items = new Map<string, T>();

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
    this.#items.set(item.name.toLowerCase(), item);
  }

  delete(name: string): boolean {
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
    const start = after?.toLowerCase();
    const keys = [...this.#items.keys()].filter((key) => start === undefined || key > start).sort();
    const items: T[] = [];
    for (const key of keys.slice(0, size)) {
      const item = this.#items.get(key);
      if (item) items.push(item);
    }
    const last = items.at(-1);
    return keys.length > size && last ? { items, next: last.name } : { items };
  }

  toJSON(): T[] {
    return [...this.#items.values()];
  }
}
