/** Work that was abandoned, and has not ended yet. */
export class HangingWork {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Counts abandoned work until it ends. */
  add(work: Promise<unknown>): void {
    this.#count += 1;
    const ended = () => void (this.#count -= 1);
    work.then(ended, ended);
  }
}
