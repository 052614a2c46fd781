/** After so many answers without news in a row, a poll has its longest pause. */
const QUIET_AFTER = 6;
/** The longest pause, as a multiple of the first. */
const LONGEST = 2;

/**
 * The pause of a page that polls: longer while nothing changes, so that a fleet at rest costs the app half as much.
 *
 * @param every the pause after an answer with news, in any unit
 * @param unchanged answers without news in a row
 * @returns the pause, in the same unit
 */
export function quietPause(every: number, unchanged: number): number {
  return every * (1 + ((LONGEST - 1) * Math.min(unchanged, QUIET_AFTER)) / QUIET_AFTER);
}
