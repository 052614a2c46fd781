/** Comparison of names that the host, its settings and HTTP write in any case. */

/**
 * Compares two names without regard to case.
 * @returns false when a name is undefined
 */
export function sameName(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a.toLowerCase() === b?.toLowerCase();
}

/**
 * Finds a member by its name, without regard to case.
 * @param entries pairs of name and value; the first pair that has the name counts
 * @returns undefined when there is no such member
 */
export function valueNamed<T>(entries: Iterable<readonly [string, T]>, name: string): T | undefined {
  for (const [key, value] of entries) if (sameName(key, name)) return value;
  return undefined;
}
