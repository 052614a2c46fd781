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
