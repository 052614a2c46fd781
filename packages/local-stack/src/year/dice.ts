import { createHash } from 'node:crypto';

/**
 * Random numbers by seed and name: for one name they do not depend on other events, so that a seed determines a run
 * although its requests may come in another order.
 */
export class Dice {
  readonly #throws = new Map<string, number>();

  constructor(readonly seed: number) {}

  /** A number from 0 up to, but not including, 1. Each call for a name returns another one. */
  throw(name: string): number {
    const nth = this.#throws.get(name) ?? 0;
    this.#throws.set(name, nth + 1);
    const hash = createHash('sha256')
      .update(JSON.stringify([this.seed, name, nth]))
      .digest();
    return hash.readUInt32BE(0) / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(name: string, [min, max]: readonly [number, number]): number {
    return min + Math.floor(this.throw(name) * (max - min + 1));
  }
}
