/** An invalid flag. The message says which and why. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}
