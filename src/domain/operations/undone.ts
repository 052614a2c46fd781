/** How an undo ended: with nothing to say when all is as before. Gone already counts as taken away. */
export interface Undone {
  /** Left alone on purpose, and why. */
  readonly kept?: string;
  /** Ours, or lost through us, and not to be mended. */
  readonly residue?: string;
}
