/** Ended instances that are in memory. The histories of those that ended longest ago are compressed. */
import type { Instance } from './instance.js';
import { compressed } from './packedHistory.js';

/** Maximum number of histories that stay uncompressed. */
const uncompressed = 1000;

type Ended = Pick<Instance, 'packed'>;

/** A set of ended instances in the order in which they ended. */
export class EndedInstances<T extends Ended = Instance> {
  readonly #compressed = new Set<T>();
  readonly #fresh = new Set<T>();

  get size(): number {
    return this.#compressed.size + this.#fresh.size;
  }

  /** Adds an instance that has just been packed. */
  add(instance: T): void {
    this.#fresh.add(instance);
    if (this.#fresh.size <= uncompressed) return;
    const [oldest] = this.#fresh;
    if (oldest?.packed === undefined) return;
    oldest.packed = compressed(oldest.packed);
    this.#fresh.delete(oldest);
    this.#compressed.add(oldest);
  }

  delete(instance: T): void {
    if (!this.#fresh.delete(instance)) this.#compressed.delete(instance);
  }

  /** Those that ended first. */
  oldest(count: number): T[] {
    const found: T[] = [];
    for (const set of [this.#compressed, this.#fresh])
      for (const instance of set) {
        if (found.length === count) return found;
        found.push(instance);
      }
    return found;
  }
}
