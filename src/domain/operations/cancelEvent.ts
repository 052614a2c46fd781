import type { FailureCode } from '@connected-registry/protocol/answers/codes';

/** Why a run is to end before its time. */
export type CancelReason =
  /** Somebody asked for it. */
  | 'cancelled'
  /** Another kind of run comes first, as an offboarding does. */
  | 'preempted'
  /** The client was revoked meanwhile. */
  | 'revoked';

/** What a run is told that is to end. */
export interface CancelEvent {
  /** Who asked, for the failure's message. */
  readonly actor: string;
  readonly reason: CancelReason;
}

/** Carries the run, so that a late cancel cannot reach the client's next one. */
export function cancelEventName(run: string): string {
  return `cancel-${run}`;
}

/** Failures that somebody wanted: nobody needs to be told of them, and nothing is tried again by itself. */
export const WANTED_ENDS: readonly FailureCode[] = ['cancelled', 'revoked'];

/** Failures after which nothing is to be done: somebody meant the run to end, or a later request counts. */
export const MEANT_ENDS: readonly FailureCode[] = [...WANTED_ENDS, 'stale-event'];
