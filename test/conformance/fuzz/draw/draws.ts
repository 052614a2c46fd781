import { SeededRandom } from '../../../e2e/races/seededRandom.js';

/** What is drawn by seed. */
export class Draws extends SeededRandom {
  of<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new Error('There is nothing to draw from.');
    return item;
  }

  /** Makes one of several things. */
  one<T>(...makers: readonly (() => T)[]): T {
    return this.of(makers)();
  }

  several<T>(least: number, most: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.whole(least, most) }, (_, index) => make(index));
  }
}
