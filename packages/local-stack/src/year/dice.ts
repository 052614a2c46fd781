import { createHash } from 'node:crypto';

/**
 * Chance by seed and name: the same for the same thing whatever else happens before it, so that a seed tells a run though its
 * requests do not always come in the same order.
 */
export class Dice {
  readonly #throws = new Map<string, number>();

  constructor(readonly seed: number) {}

  /** From 0 up to, not including, 1; each throw for a name is another. */
  throw(name: string): number {
    const nth = this.#throws.get(name) ?? 0;
    this.#throws.set(name, nth + 1);
    const hash = createHash('sha256')
      .update(JSON.stringify([this.seed, name, nth]))
      .digest();
    return hash.readUInt32BE(0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(name: string, [min, max]: readonly [number, number]): number {
    return min + Math.floor(this.throw(name) * (max - min + 1));
  }
}
