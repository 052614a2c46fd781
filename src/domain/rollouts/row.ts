import type { RolloutClient, RowReason } from '@connected-registry/protocol/answers/rolloutAnswers';

/**
 * `waiting`: not started. `running`: its operation runs. `completed`, `failed`: ended. `cancelled`: its operation was
 * cancelled, or the rollout before it was started. `planned`: a dry run has planned it.
 */
export type RowState = 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled' | 'planned';

export type RowCounts = Readonly<Record<RowState, number>>;

export const NO_ROWS: RowCounts = { waiting: 0, running: 0, completed: 0, failed: 0, cancelled: 0, planned: 0 };

/** Status of one row. */
export interface RowStatus {
  readonly state: RowState;
  /** How often it was retried by operators: part of its run's id, so that no run is started twice. */
  readonly retry: number;
  /** `{instance}.{run}` of the last operation. */
  readonly operation?: string;
  /** When the operation was started. */
  readonly startedAt?: string;
  /**
   * While it waits: after how many seconds in which the rollout could start rows another run was found to hold the
   * client. Freeze windows and pauses do not count.
   */
  readonly busyFrom?: number;
  /** Why it failed: a failure code, or a code of {@link ROW_CODES}. */
  readonly code?: string;
  /** Of a dry run: what the row would write. */
  readonly writes?: readonly string[];
  /** Of a dry run: codes of the problems that the row would meet. */
  readonly problems?: readonly string[];
  /** Of a dry run: the same with message and fix. Not all rows of a piece have room for them. */
  readonly reasons?: readonly RowReason[];
  /** Of a dry run: the token of others that the row would adopt. */
  readonly adopts?: NonNullable<RolloutClient['adopts']>;
}

/** Codes of rows that did not end by a run's failure. */
export const ROW_CODES = {
  /** Another run held the client for a day. */
  busy: 'client-busy',
  /** The run ended, and another run has taken its instance, so that its end is not known. */
  unknown: 'outcome-unknown',
  /** Of a check: it found differences. */
  findings: 'findings',
  /** Of a dry run: the row would be refused. */
  refused: 'problems',
} as const;

/** A row's new status. `index`: in the piece, from 0. */
export interface RowChange {
  readonly index: number;
  readonly status: RowStatus;
}
