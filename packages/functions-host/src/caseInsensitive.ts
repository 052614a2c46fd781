/** Case-insensitive comparison of names in HTTP, settings and apps. */

/**
 * Compares two names without regard to case.
 * @returns false when a name is undefined
 */
export function sameName(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a.toLowerCase() === b?.toLowerCase();
}

/**
 * Finds a member by its name, without regard to case.
 * @param entries pairs of name and value; the first match is used
 * @returns undefined if there is no such member
 */
export function valueNamed<T>(entries: Iterable<readonly [string, T]>, name: string): T | undefined {
  for (const [key, value] of entries) if (sameName(key, name)) return value;
  return undefined;
}
