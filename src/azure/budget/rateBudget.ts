import { moreUrgent, type Priority } from '../../domain/operations/priority.js';
import type { Rate } from '../../domain/resourceManager/rates.js';
import { leftTokens } from './rate.js';
import { Reservations } from './reservations.js';

/** A caller's request for tokens. */
export interface TokenRequest {
  readonly key: string;
  readonly priority: Priority;
  readonly tokens: number;
  /** Whether it comes before all others of its priority. */
  readonly servesMany: boolean;
}

/** A request that was sent and is not answered. */
export interface Sending {
  /** Its number, from 0. */
  readonly number: number;
  readonly at: number;
  /** Number of requests that were not answered when it was sent. */
  readonly beside: number;
}

/**
 * Maximum seconds for which one refusal stops all requests of the bucket. The refusal may concern one resource only,
 * and rollbacks and revocations must continue. The refused call itself waits as long as the service asks.
 */
const MAX_STOP_SECONDS = 60;

/** What places a caller that serves many before all others of its priority, and such callers in their own order. */
const AHEAD = 2 ** 52;

/**
 * Counts the tokens of one bucket of a service, and assigns a time to each caller that must wait. All times are in
 * milliseconds since the epoch, are passed in by the caller, and must never go back (see `steadyTime`).
 *
 * It keeps `free + held + requests that the service has not counted yet` at or below the service's own count, so that
 * the service refuses no request, unless other programs use the bucket. The service's answers correct the count.
 */
export class RateBudget {
  readonly #perSecond: number;
  #capacity: number;
  /** Tokens that no caller holds. Negative if other programs have used tokens that callers of this process hold. */
  #free: number;
  /** Tokens of callers whose turn has come. */
  #held = 0;
  #inFlight = 0;
  #sent = 0;
  #callers = 0;
  /** Number of the newest request whose answer had a count. */
  #newest = -1;
  #refilledAt: number;
  #blockedUntil = 0;
  readonly #reservations = new Reservations();

  constructor({ capacity, perSecond }: Rate, now: number) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#free = capacity;
    this.#refilledAt = now;
  }

  /** Number of callers who wait. */
  get waiting(): number {
    return this.#reservations.size;
  }

  /** Tokens that no caller holds. */
  free(now: number): number {
    this.#refill(now);
    return this.#free;
  }

  /** Tokens that are free now or within this many seconds, less those promised to callers who wait. */
  spare(now: number, withinSeconds: number): number {
    this.#reservations.prune(now);
    this.#refill(now);
    const seconds = Math.max(0, withinSeconds - (this.#start(now) - now) / 1000);
    return this.#free + seconds * this.#perSecond - this.#reservations.promised;
  }

  /**
   * When the caller's tokens are available: the earliest time at which they can be taken without delaying others of the
   * same or a more urgent priority. A caller who has a reservation keeps its place.
   */
  dueAt({ key, priority, tokens, servesMany }: TokenRequest, now: number): number {
    this.#reservations.prune(now);
    const own = this.#reservations.find(key);
    const order = servesMany ? this.#ahead(own?.order) : own?.order;
    return this.#dueAt(own ? moreUrgent(own.priority, priority) : priority, tokens, now, order);
  }

  /**
   * Takes tokens of a caller whose turn has come, and ends its reservation. They are held until they are sent or given
   * back.
   */
  take({ key, tokens }: TokenRequest, now: number): void {
    this.#refill(now);
    this.#reservations.remove(key);
    this.#free -= tokens;
    this.#held += tokens;
  }

  /** Reserves tokens for a caller that will ask again at this time. */
  reserve({ key, priority, tokens, servesMany }: TokenRequest, at: number): void {
    const own = this.#reservations.find(key);
    const order = servesMany ? this.#ahead(own?.order) : (own?.order ?? this.#callers + 1);
    this.#callers += 1;
    this.#reservations.put({
      key,
      priority: own ? moreUrgent(own.priority, priority) : priority,
      tokens,
      at,
      order,
    });
  }

  /** Ends a reservation that is not needed. */
  cancel(key: string): void {
    this.#reservations.remove(key);
  }

  /** Returns held tokens that were not used. */
  giveBack(tokens: number, now: number): void {
    this.#refill(now);
    this.#held -= tokens;
    this.#free += tokens;
  }

  /**
   * When a caller may send a request with a token that it holds: now, unless other programs have emptied the bucket.
   */
  heldAt(now: number): number {
    this.#refill(now);
    return this.#at(1 - this.#held, now);
  }

  /**
   * When a request without a turn may be sent. It belongs to work in progress, or a caller of the API waits for it, so
   * it precedes all reservations except those of revocations, whose tokens it leaves.
   */
  loneAt(priority: Priority, now: number): number {
    if (priority === 'revocation') return this.#dueAt('revocation', 1, now);
    const left = leftTokens('single', this.#capacity);
    return Math.max(this.#dueAt('revocation', 1, now), this.#at(Math.min(left + 1, this.#capacity), now));
  }

  /** When a request of an overview may be sent: it delays no reservation, and leaves tokens to all others. */
  lastAt(now: number): number {
    this.#reservations.prune(now);
    return this.#dueAt('inventory', 1, now);
  }

  /** Notes that a request is sent. @param isHeld whether it uses a token that the caller holds. */
  send(now: number, isHeld: boolean): Sending {
    this.#refill(now);
    if (isHeld) this.#held -= 1;
    else this.#free -= 1;
    const sending = { number: this.#sent, at: now, beside: this.#inFlight };
    this.#sent += 1;
    this.#inFlight += 1;
    return sending;
  }

  /**
   * Notes the end of a request. The service's count after it bounds ours from both sides: others may have used tokens,
   * and the bucket may be larger than published. The count is ignored if a newer request has been answered before.
   *
   * @param remaining the service's count, if it sent one.
   */
  answered({ number, at, beside }: Sending, now: number, remaining?: number): void {
    this.#refill(now);
    this.#inFlight -= 1;
    if (remaining === undefined || number < this.#newest) return;
    this.#newest = number;
    this.#capacity = Math.max(this.#capacity, remaining);
    const later = this.#sent - 1 - number;
    // Requests that were in flight at the same time may have been counted before or after this one.
    const min = remaining - this.#held - later - beside;
    const refilled = (Math.max(0, now - Math.max(at, this.#blockedUntil)) / 1000) * this.#perSecond;
    const max = remaining + 1 + refilled - this.#held - later;
    this.#free = Math.min(Math.max(this.#free, min), Math.max(max, min));
    this.#clip();
  }

  /**
   * Notes that the service refused a request because of its rate. Nothing is sent until the service allows it, and the
   * bucket is empty by then.
   */
  refused(seconds: number, now: number): void {
    this.#refill(now);
    this.#blockedUntil = Math.max(this.#blockedUntil, now + Math.min(seconds, MAX_STOP_SECONDS) * 1000);
    this.#free = Math.min(this.#free, -this.#held);
  }

  #dueAt(priority: Priority, tokens: number, now: number, order = Infinity): number {
    this.#refill(now);
    const left = leftTokens(priority, this.#capacity);
    // A bucket too small for both is waited for until it is full.
    const wanted = Math.min(left + tokens, this.#capacity);
    const start = this.#start(now);
    const promised = this.#reservations.promisedBefore(
      priority,
      order,
      (tokens, at) => this.#free + (Math.max(0, at - start) / 1000) * this.#perSecond >= wanted + tokens,
    );
    return this.#at(wanted + promised, now);
  }

  /** The order of a caller that serves many. @param order that it has already, if any */
  #ahead(order: number | undefined): number {
    return order !== undefined && order < 0 ? order : this.#callers + 1 - AHEAD;
  }

  /** When this many tokens are free. */
  #at(tokens: number, now: number): number {
    const missing = tokens - this.#free;
    const start = this.#start(now);
    return missing <= 0 ? start : start + Math.ceil((missing / this.#perSecond) * 1000);
  }

  /** From when on the bucket fills. */
  #start(now: number): number {
    return Math.max(now, this.#blockedUntil);
  }

  #refill(now: number): void {
    const since = Math.max(this.#refilledAt, this.#blockedUntil);
    this.#free += (Math.max(0, now - since) / 1000) * this.#perSecond;
    this.#refilledAt = Math.max(this.#refilledAt, now);
    this.#clip();
  }

  /** The service's bucket may have been full until it counted what is in flight. */
  #clip(): void {
    this.#free = Math.min(this.#free, this.#capacity - this.#held - this.#inFlight);
  }
}
