/** Items that are due at a time, the earliest first. */

interface Entry<T> {
  readonly due: number;
  readonly order: number;
  readonly value: T;
}

/** A binary heap. Items with the same time come out in the order in which they were added. */
export class DueHeap<T> {
  readonly #entries: Entry<T>[] = [];
  #order = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** When the first item is due, ms; undefined if there is none. */
  get nextDue(): number | undefined {
    return this.#entries[0]?.due;
  }

  push(due: number, value: T): void {
    this.#order += 1;
    this.#entries.push({ due, order: this.#order, value });
    this.#up(this.#entries.length - 1);
  }

  /** Takes the first item if it is due at `now`. */
  take(now: number): T | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.due > now) return undefined;
    const last = this.#entries.pop();
    if (last !== undefined && this.#entries.length > 0) {
      this.#entries[0] = last;
      this.#down(0);
    }
    return first.value;
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#entries[a], this.#entries[b]];
    if (x === undefined || y === undefined) return false;
    return x.due < y.due || (x.due === y.due && x.order < y.order);
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#entries[a], this.#entries[b]];
    if (x === undefined || y === undefined) return;
    this.#entries[a] = y;
    this.#entries[b] = x;
  }

  #up(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #down(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let min = index;
      if (left < this.#entries.length && this.#before(left, min)) min = left;
      if (right < this.#entries.length && this.#before(right, min)) min = right;
      if (min === index) return;
      this.#swap(index, min);
      index = min;
    }
  }
}
