/**
 * Compares two names as Azure Resource Manager and Key Vault do: upper and lower case mean the same.
 *
 * @param left a name; undefined, which equals no name, where there is none.
 * @param right a name.
 */
export function sameName(left: string | undefined, right: string): boolean {
  return left?.toLowerCase() === right.toLowerCase();
}
