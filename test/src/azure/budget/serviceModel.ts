import type { RateBudget } from '../../../../src/azure/budget/rateBudget.js';
import type { Rate } from '../../../../src/domain/resourceManager/rates.js';

/** A service's own bucket, as Azure documents it: it counts a request when it arrives. */
export class ServiceModel {
  #tokens: number;
  #at: number;
  refused = 0;
  accepted = 0;

  constructor(
    private readonly rate: Rate,
    now: number,
  ) {
    this.#tokens = rate.capacity;
    this.#at = now;
  }

  /** Counts a request. @returns the requests that remain; undefined for a refused one */
  arrive(now: number): number | undefined {
    this.#tokens = Math.min(
      this.rate.capacity,
      this.#tokens + (Math.max(0, now - this.#at) / 1000) * this.rate.perSecond,
    );
    this.#at = Math.max(this.#at, now);
    // Tolerates the rounding of sums of fractions.
    if (this.#tokens < 1 - 1e-6) {
      this.refused += 1;
      return undefined;
    }
    this.#tokens -= 1;
    this.accepted += 1;
    return Math.floor(this.#tokens + 1e-6);
  }
}

/** Events in the order of their times. */
export class Timeline {
  now = 0;
  readonly #events: { readonly at: number; readonly run: () => void }[] = [];

  at(at: number, run: () => void): void {
    const event = { at: Math.max(at, this.now), run };
    let index = this.#events.length;
    while (index > 0 && (this.#events[index - 1]?.at ?? 0) > event.at) index -= 1;
    this.#events.splice(index, 0, event);
  }

  runAll(): void {
    for (let next = this.#events.shift(); next; next = this.#events.shift()) {
      this.now = next.at;
      next.run();
    }
  }
}

/** A caller with one request for a bucket. */
interface Caller {
  readonly key: string;
  readonly budget: RateBudget;
  /** Milliseconds that the request, and its answer, are under way. */
  readonly underWay: number;
  /** The request arrives. @returns the requests that the answer says remain, and whether it was refused */
  readonly arrive: (now: number) => { readonly remaining: number | undefined; readonly isRefused: boolean };
  /** The answer of a request that was not refused has come. */
  readonly accepted: () => void;
}

/**
 * Comes for a turn, sends the request when the budget allows, and comes again if it is refused. A caller who has a time
 * comes back at a whole second, as durable timers do. @param at when it first comes
 */
export function comeForTurn(time: Timeline, { key, budget, underWay, arrive, accepted }: Caller, at: number): void {
  const order = { key, priority: 'rollout', tokens: 1, servesMany: false } as const;
  const come = (): void => {
    const due = budget.dueAt(order, time.now);
    if (due > time.now) {
      budget.reserve(order, due);
      return time.at(Math.ceil(due / 1000) * 1000, come);
    }
    budget.take(order, time.now);
    send();
  };
  const send = (): void => {
    const due = budget.heldAt(time.now);
    if (due > time.now) return time.at(due, send);
    const sending = budget.send(time.now, true);
    time.at(time.now + underWay, () => {
      const { remaining, isRefused } = arrive(time.now);
      time.at(time.now + underWay, () => {
        budget.answered(sending, time.now, remaining);
        if (!isRefused) return accepted();
        budget.refused(1, time.now);
        come();
      });
    });
  };
  time.at(at, come);
}
