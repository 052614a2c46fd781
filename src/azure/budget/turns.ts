import { AsyncLocalStorage } from 'node:async_hooks';
import type { Priority } from '../../domain/operations/priority.js';
import { AwaitsTurn } from './awaitsTurn.js';
import { Budgets } from './budgets.js';
import { LoneCalls } from './loneCalls.js';
import { earliest, freeTokens, type Choice, type Placed, type TurnOrder } from './placement.js';
import type { Bucket } from './rate.js';
import type { RateBudget, Sending } from './rateBudget.js';
import { processTime, steadyTime, whenDue, type BudgetClock } from './waiting.js';

/**
 * Maximum milliseconds that work waits for its turn before it starts. Work that waits takes the place of other work.
 */
const BEFORE_WORK = 1_500;

/** Maximum milliseconds that a request waits during work: to start the work again would cost more requests. */
const DURING_WORK = 30_000;

/** Maximum milliseconds that a request outside of such work waits: a caller of the API waits for the answer. */
const OUTSIDE_WORK = 3_000;

/** The turn of work in progress. */
interface Turn {
  readonly priority: Priority;
  /** Tokens that it holds, by the bucket's name. */
  readonly held: Map<string, number>;
  /** Who sends the requests of the work; undefined if each call may have its own. */
  readonly principal: string | undefined;
  /** Maximum milliseconds that one request waits. */
  readonly patience: number;
}

/** A request that may be sent. `budget.answered(sending, ...)` must be called once when it ends. */
export interface AdmittedRequest {
  readonly budget: RateBudget;
  readonly sending: Sending;
}

/** Gives work its turn, and every request its token. */
export class Turns {
  readonly #budgets = new Budgets();
  readonly #lone = new LoneCalls(this.#budgets);
  readonly #turns = new AsyncLocalStorage<Turn>();
  /** Marks work outside of turns that is less urgent than all other, with the maximum wait of its requests. */
  readonly #inventory = new AsyncLocalStorage<number>();

  /** The time of the budgets, which never goes back. */
  readonly clock: BudgetClock;

  constructor(clock: BudgetClock = processTime) {
    this.clock = steadyTime(clock);
  }

  /**
   * Runs work in its turn. Tokens that it does not use are returned when it ends.
   *
   * @returns the work's result, or the seconds after which its turn comes.
   */
  async inTurn<T>(
    order: TurnOrder,
    work: () => Promise<T>,
  ): Promise<{ readonly result: T } | { readonly seconds: number }> {
    let taken: Choice | undefined;
    const at = await whenDue(this.clock, BEFORE_WORK, () => {
      const placed = this.#take(order);
      if ('at' in placed) return placed.at;
      taken = placed.taken;
      return undefined;
    });
    if (at !== undefined) return { seconds: this.#secondsUntil(at) };
    const { principal, needs = [] } = taken ?? {};
    const held = new Map(needs.map(({ bucket, tokens }) => [bucket.name, tokens]));
    try {
      const turn = { priority: order.priority, held, principal, patience: DURING_WORK };
      return { result: await this.#turns.run(turn, work) };
    } finally {
      const now = this.clock.now();
      for (const { bucket } of needs) {
        this.#budgets.of(bucket, now).giveBack(held.get(bucket.name) ?? 0, now);
        held.delete(bucket.name);
      }
    }
  }

  /** Runs work whose requests are all sent by one principal, without a turn. */
  as<T>(principal: string, work: () => Promise<T>): Promise<T> {
    const turn = { priority: 'single', held: new Map<string, number>(), principal, patience: OUTSIDE_WORK } as const;
    return this.#turns.run(turn, work);
  }

  /**
   * Makes a call with one principal: that of the turn, so that all requests of the turn have one sender; else the one
   * whose bucket allows a request first.
   *
   * @param bucketOf the bucket that a principal's first request takes a token of.
   */
  byOne<T>(
    principals: readonly [string, ...string[]],
    bucketOf: (principal: string) => Bucket,
    call: (principal: string) => Promise<T>,
  ): Promise<T> {
    const turn = this.#turns.getStore();
    if (turn?.principal !== undefined) return call(turn.principal);
    const [own, ...others] = principals;
    if (others.length === 0) return call(own);
    return this.#lone.make(principals, bucketOf, turn?.priority ?? 'single', this.clock.now(), call);
  }

  /** Reserves a turn for work that must start again. @returns the seconds after which its turn comes */
  reserve(order: TurnOrder, notBeforeSeconds: number): number {
    const now = this.clock.now();
    const notBefore = now + notBeforeSeconds * 1000;
    const placed = this.#earliest(order, now, notBefore);
    if (placed) this.#reserve(order, placed, now);
    return this.#secondsUntil(placed?.at ?? notBefore);
  }

  /**
   * Runs work whose requests come after all others, unless the work is part of a turn.
   *
   * @param patience maximum milliseconds that one request waits.
   */
  asInventory<T>(work: () => Promise<T>, patience: number = OUTSIDE_WORK): Promise<T> {
    return this.#inventory.run(patience, work);
  }

  /**
   * Waits until a request may be sent, with a token of the current turn if there is one, else with a token of the
   * bucket.
   *
   * @throws AwaitsTurn if that takes too long. Then nothing was sent.
   */
  async admit(bucket: Bucket): Promise<AdmittedRequest> {
    const turn = this.#turns.getStore();
    const asLast = turn === undefined ? this.#inventory.getStore() : undefined;
    const isLast = asLast !== undefined;
    let admission: AdmittedRequest | undefined;
    const at = await whenDue(this.clock, turn?.patience ?? asLast ?? OUTSIDE_WORK, () => {
      const now = this.clock.now();
      const budget = this.#budgets.of(bucket, now);
      const held = turn?.held.get(bucket.name) ?? 0;
      const due = this.#mayBeSentAt(budget, now, { held, isLast, priority: turn?.priority ?? 'single' });
      if (due > now) return due;
      turn?.held.set(bucket.name, Math.max(0, held - 1));
      admission = { budget, sending: budget.send(now, held > 0) };
      return undefined;
    });
    if (admission === undefined) throw new AwaitsTurn(this.#secondsUntil(at ?? this.clock.now()));
    return admission;
  }

  #mayBeSentAt(
    budget: RateBudget,
    now: number,
    { held, isLast, priority }: { readonly held: number; readonly isLast: boolean; readonly priority: Priority },
  ): number {
    if (held > 0) return budget.heldAt(now);
    return isLast ? budget.lastAt(now) : budget.loneAt(priority, now);
  }

  /** Tokens of a bucket that nobody has asked for, now and within this many seconds; negative if more were promised. */
  spare(bucket: Bucket, withinSeconds: number): number {
    const now = this.clock.now();
    return this.#budgets.of(bucket, now).spare(now, withinSeconds);
  }

  /** Takes the tokens of all needs of one choice, or reserves them for the time that it returns. */
  #take(order: TurnOrder): { readonly taken: Choice | undefined } | { readonly at: number } {
    const now = this.clock.now();
    const placed = this.#earliest(order, now, now);
    if (!placed) return { taken: undefined };
    const { choice, at } = placed;
    if (at > now) {
      this.#reserve(order, placed, now);
      return { at };
    }
    this.#cancelOthers(order, choice, now);
    for (const { bucket, tokens } of choice.needs) this.#budgets.of(bucket, now).take({ ...order, tokens }, now);
    return { taken: choice };
  }

  #earliest(
    { choices, key, priority, servesMany }: TurnOrder,
    now: number,
    notBefore: number,
  ): Placed<Choice> | undefined {
    const dueAt = ({ needs }: Choice): number =>
      Math.max(
        notBefore,
        ...needs.map(({ bucket, tokens }) =>
          this.#budgets.of(bucket, now).dueAt({ key, priority, tokens, servesMany }, now),
        ),
      );
    const buckets = ({ needs }: Choice): Bucket[] => needs.map(({ bucket }) => bucket);
    return earliest(choices, dueAt, (choice) => freeTokens(this.#budgets, buckets(choice), now));
  }

  #reserve(order: TurnOrder, { choice, at }: Placed<Choice>, now: number): void {
    this.#cancelOthers(order, choice, now);
    for (const { bucket, tokens } of choice.needs) this.#budgets.of(bucket, now).reserve({ ...order, tokens }, at);
  }

  /** Ends the reservations that an earlier attempt got of another principal. */
  #cancelOthers({ choices, key }: TurnOrder, chosen: Choice, now: number): void {
    for (const choice of choices)
      if (choice !== chosen) for (const { bucket } of choice.needs) this.#budgets.of(bucket, now).cancel(key);
  }

  #secondsUntil(at: number): number {
    return Math.max(0, at - this.clock.now()) / 1000;
  }
}
