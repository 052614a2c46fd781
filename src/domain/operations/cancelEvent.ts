import type { FailureCode } from '@connected-registry/protocol/answers/codes';

/** Why a run is asked to stop. */
export type CancelReason =
  /** An operator requested it. */
  | 'cancelled'
  /** A run with priority, such as an offboarding, waits for the client. */
  | 'preempted'
  /** The client was revoked in the meantime. */
  | 'revoked';

/** The event that asks a run to stop. */
export interface CancelEvent {
  /** Who requested it, for the failure's message. */
  readonly actor: string;
  readonly reason: CancelReason;
}

/** Contains the run's id, so that a late cancellation cannot reach the client's next run. */
export function cancelEventName(run: string): string {
  return `cancel-${run}`;
}

/**
 * Failure codes of runs that were stopped on purpose or that another request had replaced: they need no action, raise
 * no alert, and are not retried.
 */
export const DELIBERATE_STOPS: readonly FailureCode[] = ['cancelled', 'revoked', 'stale-event'];
