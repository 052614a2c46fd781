/**
 * A host that does not start, has ended, or cannot do what was asked. The message says why and, if known, what to do.
 */
export class FunctionsHostError extends Error {
  override readonly name = 'FunctionsHostError';
}
