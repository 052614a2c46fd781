/** What the cancel route hands to a run. */
export interface CancelEvent {
  /** Who asked, for the failure's message. */
  readonly actor: string;
}

/** Carries the run, so that a late cancel cannot reach the client's next one. */
export function cancelEventName(run: string): string {
  return `cancel-${run}`;
}
