/** A flag that cannot be used; the message says which and why. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}
