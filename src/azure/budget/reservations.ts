import { PRIORITIES, rankOf, type Priority } from '../../domain/operations/priority.js';

/** Tokens promised to one caller. */
interface Reservation {
  /** The caller, who finds the reservation by it. */
  readonly key: string;
  readonly priority: Priority;
  readonly tokens: number;
  /** When the caller comes back, in milliseconds since the epoch. */
  readonly at: number;
  /** Number of the caller's first request: callers of one priority are served in this order. */
  readonly order: number;
}

/** Milliseconds after its time for which an unused reservation is kept: its caller may be late, or gone. */
const KEPT = 60_000;

/** The reservations of one bucket, sorted by time. A key has at most one. */
export class Reservations {
  readonly #sorted: Reservation[] = [];
  readonly #byKey = new Map<string, Reservation>();
  /** Tokens promised, by the rank of the priority. */
  readonly #promised = PRIORITIES.map(() => 0);

  get size(): number {
    return this.#sorted.length;
  }

  /** Tokens promised to all callers. */
  get promised(): number {
    return this.#promised.reduce((sum, tokens) => sum + tokens, 0);
  }

  find(key: string): Reservation | undefined {
    return this.#byKey.get(key);
  }

  /** Adds a reservation, in place of an earlier one of the same key. */
  put(reservation: Reservation): void {
    this.remove(reservation.key);
    this.#sorted.splice(this.#indexAfter(reservation.at), 0, reservation);
    this.#byKey.set(reservation.key, reservation);
    this.#count(reservation, 1);
  }

  remove(key: string): void {
    const found = this.#byKey.get(key);
    if (!found) return;
    this.#forget(found);
    this.#sorted.splice(this.#sorted.indexOf(found, this.#indexAt(found.at)), 1);
  }

  /** Removes reservations whose callers did not come. */
  prune(now: number): void {
    let count = 0;
    for (const one of this.#sorted) {
      if (one.at + KEPT >= now) break;
      this.#forget(one);
      count += 1;
    }
    if (count > 0) this.#sorted.splice(0, count);
  }

  /**
   * Tokens that must be there besides a caller's own, so that no reservation before it is delayed.
   *
   * @param order of a caller who has a reservation: of its own priority, only those before it count.
   * @param suffices whether this many tokens will be there at a time.
   */
  promisedBefore(priority: Priority, order: number, suffices: (tokens: number, at: number) => boolean): number {
    const rank = rankOf(priority);
    let promised = 0;
    if (order === Infinity) for (let other = 0; other <= rank; other += 1) promised += this.#promised[other] ?? 0;
    else for (const one of this.#sorted) if (isBefore(one, rank, order)) promised += one.tokens;
    // From the last one on: the first for which the tokens do not suffice decides.
    for (let index = this.#sorted.length - 1; index >= 0 && promised > 0; index -= 1) {
      const one = this.#sorted[index];
      if (!one || !isBefore(one, rank, order)) continue;
      if (!suffices(promised, one.at)) return promised;
      promised -= one.tokens;
    }
    return 0;
  }

  #forget(one: Reservation): void {
    this.#byKey.delete(one.key);
    this.#count(one, -1);
  }

  #count({ priority, tokens }: Reservation, sign: 1 | -1): void {
    const rank = rankOf(priority);
    this.#promised[rank] = (this.#promised[rank] ?? 0) + sign * tokens;
  }

  /** Index of the first reservation at this time or later. */
  #indexAt(at: number): number {
    return this.#search((one) => one.at >= at);
  }

  /** Index of the first reservation after this time. */
  #indexAfter(at: number): number {
    return this.#search((one) => one.at > at);
  }

  #search(isBehind: (one: Reservation) => boolean): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const one = this.#sorted[middle];
      if (one && !isBehind(one)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore({ priority, order }: Reservation, rank: number, own: number): boolean {
  const other = rankOf(priority);
  return other < rank || (other === rank && order < own);
}
