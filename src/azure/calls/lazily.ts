/**
 * Creates a value once, on first use. SDKs are loaded this way, so that a start that only answers HTTP loads none. A
 * failed attempt is not kept: the next use tries again.
 */
export function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
