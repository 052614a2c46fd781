/**
 * `at`, or the next instant after `earlier` if that is later: the clocks of two hosts may differ. Both are ISO 8601.
 */
export function decidedAfter(earlier: string | undefined, at: string): string {
  if (earlier === undefined || new Date(at) > new Date(earlier)) return at;
  return new Date(Date.parse(earlier) + 1).toISOString();
}
