import { AsyncLocalStorage } from 'node:async_hooks';
import type { Priority } from '../../domain/operations/priority.js';
import { AwaitsTurn } from './awaitsTurn.js';
import { Budgets } from './budgets.js';
import type { Bucket } from './rate.js';
import type { RateBudget, Sending } from './rateBudget.js';
import { processTime, whenDue, type BudgetClock } from './waiting.js';

/** Tokens of one bucket. */
interface Need {
  readonly bucket: Bucket;
  readonly tokens: number;
}

/** A piece of work that asks for its turn before it starts. */
export interface TurnOrder {
  /** Identifies the work: it finds its reservation by the key when it asks again. */
  readonly key: string;
  readonly priority: Priority;
  /** The requests that it will probably send. */
  readonly needs: readonly Need[];
}

/** Maximum milliseconds that work waits for its turn before it starts. Work that waits takes the place of other work. */
const BEFORE_WORK = 1_500;

/** Maximum milliseconds that a request waits during work: to start the work again would cost more requests. */
const DURING_WORK = 30_000;

/** Maximum milliseconds that a request outside of such work waits: a caller of the API waits for the answer. */
const OUTSIDE_WORK = 3_000;

/** The turn of work in progress: tokens that it holds, by the bucket's name. */
interface Turn {
  readonly priority: Priority;
  readonly held: Map<string, number>;
}

/** A request that may be sent. `budget.answered(sending, ...)` must be called once when it ends. */
export interface Admission {
  readonly budget: RateBudget;
  readonly sending: Sending;
}

/** Gives work its turn, and every request its token. */
export class Turns {
  readonly #budgets = new Budgets();
  readonly #turns = new AsyncLocalStorage<Turn>();
  /** Marks work outside of turns that is less urgent than all other. */
  readonly #inventory = new AsyncLocalStorage<true>();

  constructor(readonly clock: BudgetClock = processTime) {}

  /**
   * Runs work in its turn. Tokens that it does not use are returned when it ends.
   *
   * @returns the work's result, or the seconds after which its turn comes.
   */
  async inTurn<T>(
    order: TurnOrder,
    work: () => Promise<T>,
  ): Promise<{ readonly result: T } | { readonly seconds: number }> {
    const held = new Map<string, number>();
    const at = await whenDue(this.clock, BEFORE_WORK, () => this.#take(order, held));
    if (at !== undefined) return { seconds: this.#secondsUntil(at) };
    try {
      return { result: await this.#turns.run({ priority: order.priority, held }, work) };
    } finally {
      const now = this.clock.now();
      for (const { bucket } of order.needs) {
        this.#budgets.of(bucket, now).giveBack(held.get(bucket.name) ?? 0, now);
        held.delete(bucket.name);
      }
    }
  }

  /** Reserves a turn for work that must start again. @returns the seconds after which its turn comes */
  reserve(order: TurnOrder, notBeforeSeconds: number): number {
    const now = this.clock.now();
    const at = Math.max(now + notBeforeSeconds * 1000, this.#dueAt(order, now));
    this.#reserve(order, at);
    return this.#secondsUntil(at);
  }

  /** Runs work whose requests come after all others, unless the work is part of a turn. */
  asInventory<T>(work: () => Promise<T>): Promise<T> {
    return this.#inventory.run(true, work);
  }

  /**
   * Waits until a request may be sent, with a token of the current turn if there is one, else with a token of the bucket.
   *
   * @throws AwaitsTurn if that takes too long. Then nothing was sent.
   */
  async admit(bucket: Bucket): Promise<Admission> {
    const turn = this.#turns.getStore();
    const isLast = turn === undefined && this.#inventory.getStore() === true;
    let admission: Admission | undefined;
    const at = await whenDue(this.clock, turn ? DURING_WORK : OUTSIDE_WORK, () => {
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

  /** Takes the tokens of all needs, or reserves them. @returns the time of the reservation */
  #take(order: TurnOrder, held: Map<string, number>): number | undefined {
    const { needs } = order;
    const now = this.clock.now();
    const at = this.#dueAt(order, now);
    if (at > now) {
      this.#reserve(order, at);
      return at;
    }
    for (const { bucket, tokens } of needs) {
      this.#budgets.of(bucket, now).take({ ...order, tokens }, now);
      held.set(bucket.name, tokens);
    }
    return undefined;
  }

  #dueAt({ needs, ...order }: TurnOrder, now: number): number {
    return Math.max(
      now,
      ...needs.map(({ bucket, tokens }) => this.#budgets.of(bucket, now).dueAt({ ...order, tokens }, now)),
    );
  }

  #reserve({ needs, ...order }: TurnOrder, at: number): void {
    const now = this.clock.now();
    for (const { bucket, tokens } of needs) this.#budgets.of(bucket, now).reserve({ ...order, tokens }, at);
  }

  #secondsUntil(at: number): number {
    return Math.max(0, at - this.clock.now()) / 1000;
  }
}
