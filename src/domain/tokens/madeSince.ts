/**
 * Clocks of the app and of ARM may differ by this much, in milliseconds. What was absent in preflight and is older than
 * preflight by more than this was not made by the run.
 */
const CLOCK_SKEW = 5 * 60_000;

/** Whether a resource may have been made by a run that began at `since` (ISO 8601). Unknown creation counts as yes. */
export function madeSince(createdAt: string | undefined, since: string): boolean {
  return createdAt === undefined || new Date(createdAt).getTime() >= new Date(since).getTime() - CLOCK_SKEW;
}
