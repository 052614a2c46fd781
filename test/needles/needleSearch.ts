/** Positions of the filter: hashes that share one are told apart by comparing. */
const FILTER = 1 << 16;
const BASE = 257;

/**
 * Finds whether any of many texts stands in some bytes, in one pass over the bytes however many the texts are (Rabin
 * and Karp).
 */
export class NeedleSearch {
  /** Length of the shortest text, of which the hash of a window is made. */
  readonly #window: number;
  /** What the byte that leaves the window has added to its hash. */
  readonly #leaving: number;
  readonly #filter = new Uint8Array(FILTER);
  readonly #byHash = new Map<number, Buffer[]>();

  /** @param texts in the form in which they could stand somewhere; an empty one stands nowhere. */
  constructor(texts: Iterable<string>) {
    const needles = [...new Set(texts)].filter((text) => text !== '').map((text) => Buffer.from(text));
    this.#window = Math.min(...needles.map(({ length }) => length));
    let leaving = 1;
    for (let at = 1; at < this.#window && needles.length > 0; at += 1) leaving = Math.imul(leaving, BASE);
    this.#leaving = leaving;
    for (const needle of needles) {
      const hash = this.#hashOf(needle);
      this.#filter[position(hash)] = 1;
      this.#byHash.set(hash, [...(this.#byHash.get(hash) ?? []), needle]);
    }
  }

  /** Whether one of the texts stands in `content`, as UTF-8. */
  isIn(content: Buffer | string): boolean {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    if (this.#byHash.size === 0 || bytes.length < this.#window) return false;
    const [window, leaving] = [this.#window, this.#leaving];
    let hash = this.#hashOf(bytes);
    for (let start = 0; ; start += 1) {
      if (this.#filter[position(hash)] === 1 && this.#standsAt(bytes, start, hash)) return true;
      const next = bytes[start + window];
      if (next === undefined) return false;
      hash = (Math.imul(hash - Math.imul(bytes[start] ?? 0, leaving), BASE) + next) | 0;
    }
  }

  #standsAt(bytes: Buffer, start: number, hash: number): boolean {
    const needles = this.#byHash.get(hash) ?? [];
    return needles.some((needle) => bytes.subarray(start, start + needle.length).equals(needle));
  }

  #hashOf(bytes: Buffer): number {
    let hash = 0;
    for (let at = 0; at < this.#window; at += 1) hash = (Math.imul(hash, BASE) + (bytes[at] ?? 0)) | 0;
    return hash;
  }
}

function position(hash: number): number {
  return (hash ^ (hash >>> 16)) & (FILTER - 1);
}
