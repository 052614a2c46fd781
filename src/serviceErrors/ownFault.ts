/**
 * Whether an error is one of JavaScript itself, thus a fault of this app, which a repetition would meet again. The
 * durable client throws plain errors, and errors of its HTTP library.
 */
export function isOwnFault(error: unknown): boolean {
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
}
