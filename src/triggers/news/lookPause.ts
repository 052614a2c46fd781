/** Maximum milliseconds between two looks: how late a message can be to which this instance had no hint. */
export const LONGEST_PAUSE = 8_000;
/** Minimum after a change of the client's run: the next change may follow soon. */
const AFTER_CHANGE = 1_000;
/** Minimum after a hint: what it is about is stored a moment later, when the run's or the entity's turn ends. */
export const AFTER_HINT = 100;
/** Share of a pause that is left to chance, so that polls that began together do not look together for ever. */
const JITTER = 0.2;

/** Times in milliseconds since the epoch. */
export interface Recent {
  /** The last hint; absent if there was none. */
  readonly hintedAt?: number | undefined;
  /** The last change of the client's run that was seen; absent without a run. */
  readonly changedAt?: number | undefined;
}

/**
 * Milliseconds until the next look at a client: as long as nothing has happened, within bounds. So looks come close
 * together while a run is busy and after a hint, and further and further apart once all is quiet. It needs no memory
 * but the two times, so a poll that follows another one goes on in its pace.
 *
 * @param now milliseconds since the epoch; by another clock than `changedAt`, which bounds make harmless
 * @param chance from 0 to less than 1
 */
export function lookPause({ hintedAt, changedAt }: Recent, now: number, chance: number): number {
  // A hint in the future came before the clock was set back: it would keep the looks close together until the clock has
  // caught up.
  const hinted = hintedAt !== undefined && hintedAt > now ? undefined : hintedAt;
  const pause = Math.min(quiet(now, hinted, AFTER_HINT), quiet(now, changedAt, AFTER_CHANGE));
  return Math.round(pause * (1 - JITTER * chance));
}

function quiet(now: number, since: number | undefined, min: number): number {
  return since === undefined ? LONGEST_PAUSE : Math.min(Math.max(now - since, min), LONGEST_PAUSE);
}
