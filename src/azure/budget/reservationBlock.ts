import { PRIORITIES, rankOf, type Priority } from '../../domain/operations/priority.js';

/** Tokens promised to one caller. */
export interface Reservation {
  /** The caller, who finds the reservation by it. */
  readonly key: string;
  readonly priority: Priority;
  readonly tokens: number;
  /** When the caller comes back, in milliseconds since the epoch. */
  readonly at: number;
  /** Number of the caller's first request: callers of one priority are served in this order. */
  readonly order: number;
}

/**
 * A caller's place among the reservations: less urgent ones come after it, and those of its priority by their order.
 */
export interface Place {
  /** Rank of its priority. */
  readonly rank: number;
  readonly order: number;
}

/** What a block has of one priority. */
interface Share {
  tokens: number;
  /** Bounds of the orders, which may be wider than they need be after a removal. */
  first: number;
  last: number;
}

/**
 * A part of the reservations in the order of their times, with a summary of each priority: callers of one priority come
 * back about in their order, so most blocks are before or after a place as a whole, and are not searched.
 */
export class ReservationBlock {
  readonly #sorted: Reservation[];
  #shares: readonly Share[];

  /** @param sorted by time; the block's own from now on */
  constructor(sorted: Reservation[]) {
    this.#sorted = sorted;
    this.#shares = sharesOf(sorted);
  }

  get size(): number {
    return this.#sorted.length;
  }

  /** When the last caller comes back; before all times if the block is empty. */
  get lastAt(): number {
    return this.#sorted.at(-1)?.at ?? -Infinity;
  }

  /** Adds a reservation after those of its time. */
  add(one: Reservation): void {
    this.#sorted.splice(indexAfter(this.#sorted, one.at), 0, one);
    widen(this.#shares, one);
  }

  /** @returns whether the block had it */
  remove(one: Reservation): boolean {
    const index = this.#sorted.indexOf(one);
    if (index < 0) return false;
    this.#sorted.splice(index, 1);
    this.#subtract(one);
    return true;
  }

  /** Removes those at the block's beginning that are over. @returns what was removed */
  takeWhile(isOver: (one: Reservation) => boolean): readonly Reservation[] {
    const end = this.#sorted.findIndex((one) => !isOver(one));
    const taken = this.#sorted.splice(0, end < 0 ? this.size : end);
    for (const one of taken) this.#subtract(one);
    return taken;
  }

  /** Moves the later half into a block of its own. */
  split(): ReservationBlock {
    const later = this.#sorted.splice(Math.ceil(this.size / 2));
    this.#shares = sharesOf(this.#sorted);
    return new ReservationBlock(later);
  }

  /** Tokens promised to callers before a place. */
  promisedBefore(place: Place): number {
    const { rank, order } = place;
    const own = this.#shares[rank];
    if (!own) return 0;
    let tokens = 0;
    for (let other = 0; other < rank; other += 1) tokens += this.#shares[other]?.tokens ?? 0;
    if (own.first >= order) return tokens;
    if (own.last < order) return tokens + own.tokens;
    for (const one of this.#sorted) if (rankOf(one.priority) === rank && one.order < order) tokens += one.tokens;
    return tokens;
  }

  /** The reservations before a place, the last one first. */
  *backwards(place: Place): Generator<Reservation> {
    if (!this.#shares.some((share, rank) => mayHave(share, rank, place))) return;
    for (let index = this.#sorted.length - 1; index >= 0; index -= 1) {
      const one = this.#sorted[index];
      if (one && isBefore(one, place)) yield one;
    }
  }

  #subtract({ priority, tokens }: Reservation): void {
    const share = this.#shares[rankOf(priority)];
    if (share) share.tokens -= tokens;
  }
}

/** Index of the first reservation after this time. */
function indexAfter(sorted: readonly Reservation[], at: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = sorted[middle];
    if (one && one.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a block may have reservations of this rank that are before the place. */
function mayHave({ tokens, first }: Share, rank: number, place: Place): boolean {
  return tokens > 0 && (rank < place.rank || (rank === place.rank && first < place.order));
}

function isBefore({ priority, order }: Reservation, place: Place): boolean {
  const rank = rankOf(priority);
  return rank < place.rank || (rank === place.rank && order < place.order);
}

function sharesOf(sorted: readonly Reservation[]): Share[] {
  const shares = PRIORITIES.map(() => ({ tokens: 0, first: Infinity, last: -Infinity }));
  for (const one of sorted) widen(shares, one);
  return shares;
}

function widen(shares: readonly Share[], { priority, tokens, order }: Reservation): void {
  const share = shares[rankOf(priority)];
  if (!share) return;
  share.tokens += tokens;
  share.first = Math.min(share.first, order);
  share.last = Math.max(share.last, order);
}
