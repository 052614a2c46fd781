import type { NewsHints } from '../../../../src/ports/newsHints.js';

/** Keeps the keys of the clients that were hinted at. */
export class FakeHints implements NewsHints {
  readonly keys: string[] = [];

  hint(key: string): void {
    this.keys.push(key);
  }
}
