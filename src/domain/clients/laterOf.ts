/** The later of two times (ISO 8601), of which there may be only one. */
export function laterOf(left: string | undefined, right: string): string {
  return left !== undefined && new Date(left) > new Date(right) ? left : right;
}
