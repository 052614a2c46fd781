import { PRIORITIES, rankOf, type Priority } from '../../domain/operations/priority.js';
import { ReservationBlock, type Reservation } from './reservationBlock.js';

/** Milliseconds after its time for which an unused reservation is kept: its caller may be late, or gone. */
const KEPT = 60_000;

/** Reservations from which on a block is divided. */
const BLOCK = 256;

/** The reservations of one bucket, sorted by time. A key has at most one. */
export class Reservations {
  /** In the order of time, none of them empty. */
  readonly #blocks: ReservationBlock[] = [];
  readonly #byKey = new Map<string, Reservation>();
  /** Tokens promised, by the rank of the priority. */
  readonly #promised = PRIORITIES.map(() => 0);

  get size(): number {
    return this.#byKey.size;
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
    const later = this.#blocks.findIndex(({ lastAt }) => lastAt > reservation.at);
    const index = later < 0 ? this.#blocks.length - 1 : later;
    const block = this.#blocks[index];
    if (!block) this.#blocks.push(new ReservationBlock([reservation]));
    else {
      block.add(reservation);
      if (block.size >= BLOCK) this.#blocks.splice(index + 1, 0, block.split());
    }
    this.#byKey.set(reservation.key, reservation);
    this.#count(reservation, 1);
  }

  remove(key: string): void {
    const found = this.#byKey.get(key);
    if (!found) return;
    this.#forget(found);
    // Several blocks may have reservations of its time.
    let index = this.#blocks.findIndex(({ lastAt }) => lastAt >= found.at);
    while (this.#blocks[index]?.remove(found) === false) index += 1;
    if (this.#blocks[index]?.size === 0) this.#blocks.splice(index, 1);
  }

  /** Removes reservations whose callers did not come. */
  prune(now: number): void {
    const isOver = ({ at }: Reservation): boolean => at + KEPT < now;
    for (let block = this.#blocks[0]; block; block = this.#blocks[0]) {
      for (const one of block.takeWhile(isOver)) this.#forget(one);
      if (block.size > 0) return;
      this.#blocks.shift();
    }
  }

  /**
   * Tokens that must be there besides a caller's own, so that no reservation before it is delayed.
   *
   * @param order of a caller who has a reservation: of its own priority, only those before it count.
   * @param suffices whether this many tokens will be there at a time.
   */
  promisedBefore(priority: Priority, order: number, suffices: (tokens: number, at: number) => boolean): number {
    const place = { rank: rankOf(priority), order };
    let promised = 0;
    if (order === Infinity) for (let rank = 0; rank <= place.rank; rank += 1) promised += this.#promised[rank] ?? 0;
    else for (const block of this.#blocks) promised += block.promisedBefore(place);
    // From the last one on: the first for which the tokens do not suffice decides.
    for (let index = this.#blocks.length - 1; index >= 0 && promised > 0; index -= 1)
      for (const one of this.#blocks[index]?.backwards(place) ?? []) {
        if (!suffices(promised, one.at)) return promised;
        promised -= one.tokens;
        if (promised <= 0) return 0;
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
}
