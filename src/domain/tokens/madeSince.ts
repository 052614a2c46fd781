/**
 * Milliseconds by which the clocks of the app and ARM may differ. A run did not create a resource that is older than
 * its preflight by more than this.
 */
const CLOCK_SKEW = 5 * 60_000;

/**
 * Whether a run that began at `since` (ISO 8601) may have created a resource. An unknown creation time counts as yes.
 */
export function madeSince(createdAt: string | undefined, since: string): boolean {
  return createdAt === undefined || new Date(createdAt).getTime() >= new Date(since).getTime() - CLOCK_SKEW;
}
