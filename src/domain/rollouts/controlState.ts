import type { RowCounts } from './row.js';
import type { ClaimConflict, ClaimAnswer } from './claimsState.js';
import type { RolloutPlan } from './rollout.js';

/** Entity: one for each rollout, by its id. It holds what operators asked for and what the rollout has done. */
export const ROLLOUT_CONTROL = 'rolloutControl';

/**
 * `refused`: it never began, since clients are in another open rollout. `stopped`: the rollout itself failed; `resume`
 * starts it again. A rollout that waits for `startAt` or a freeze window is `running`.
 */
export type RolloutStatus = 'opening' | 'refused' | 'running' | 'paused' | 'stopped' | 'completed' | 'cancelled';

/** Why a rollout is paused, stopped or waits. */
export type RolloutReason = 'operator' | 'failure-limit' | 'fault' | 'start-time' | 'freeze-window' | 'between-waves';

export const ROLLOUT_COMMANDS = ['pause', 'resume', 'cancel', 'retry-failed'] as const;

export type RolloutCommand = (typeof ROLLOUT_COMMANDS)[number];

/** State of {@link ROLLOUT_CONTROL}. */
export interface ControlState {
  readonly plan?: RolloutPlan;
  readonly status: RolloutStatus;
  readonly reason?: RolloutReason;
  /** Until when it waits, if that is known (ISO 8601). */
  readonly waitsUntil?: string;
  readonly conflicts?: readonly ClaimConflict[];
  /** Of a rollout that was refused because open rollouts have too many clients: how many the others had. */
  readonly claimed?: number;
  readonly counts: RowCounts;
  readonly failures: Readonly<Record<string, number>>;
  readonly wave: number;
  /** Commands that the orchestration has not carried out; `id` is unique. */
  readonly commands: readonly {
    readonly id: string;
    readonly command: RolloutCommand;
    readonly actor: string;
    readonly at: string;
  }[];
  /** Ids of the last commands that were carried out, newest last, at most 20. */
  readonly carriedOut: readonly string[];
  /** Failed and ended rows when it was last started or resumed: the failure limit counts from there. */
  readonly baseline: { readonly failed: number; readonly ended: number };
  /**
   * When it was last resumed or retried, until a round has read the ends of all operations since: only then the
   * baseline is known. Absent once it is. No time of a round is compared with it, since the host of the round may have
   * another time.
   */
  readonly countsFrom?: string;
  /**
   * How often it was resumed or retried: each time is a recount. Absent: never, or not since rollouts know this number.
   */
  readonly recounts?: number;
  /** When the pause in progress began. */
  readonly pausedAt?: string;
  /** Seconds in which it could start rows, until `activeSince`. */
  readonly activeSeconds: number;
  /** Since when it is able to start rows (ISO 8601); absent while it waits or is paused. */
  readonly activeSince?: string;
  /** The latest numbers of ended rows, oldest first, at most 30: the rate. */
  readonly samples: readonly { readonly at: string; readonly ended: number }[];
  /** Whether operators have cancelled it: it then ends as `cancelled`. */
  readonly isCancelled?: true;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** What a round found, as the orchestration reports it. */
export interface RoundReport {
  readonly counts: RowCounts;
  readonly failures: Readonly<Record<string, number>>;
  readonly wave: number;
  /** Why no row may start now, if so. */
  readonly waits?: { readonly reason: RolloutReason; readonly until?: string };
  /** The recount that the last round which read all running operations had seen before it read them. */
  readonly allReadFor?: number;
  /** Ids of commands that the round has carried out on the pieces (`retry-failed`, `cancel`). */
  readonly carriedOut: readonly string[];
}

/** What the orchestration does next. */
export interface Directive {
  readonly status: RolloutStatus;
  readonly reason?: RolloutReason;
  /** When the pause in progress began: two pauses never have the same. */
  readonly pausedAt?: string;
  /**
   * Whether the next round reads the ends of all operations, however many run, since the failure limit counts from
   * there.
   */
  readonly readAll?: true;
  /** With `readAll`: which recount that is. The report after such a round names it. */
  readonly recount?: number;
  /** Whether it was cancelled before it was ever opened. */
  readonly isAbandoned?: true;
  /** Commands to carry out on the pieces, oldest first. */
  readonly commands: ControlState['commands'];
}

/**
 * Operations of {@link ROLLOUT_CONTROL}: `read` answers a {@link Directive}, `open` and `refuse` begin it, `command` is
 * signalled by a route (a command that does not fit the status is dropped), `report` notes a round and answers a {@link
 * Directive}, `stop` notes a fault (also of a rollout that was never opened, so it has the plan), `abandon` ends a
 * cancelled one whose rows never arrived, `end` notes the end (`completed`, or `cancelled` if that was the last
 * command). `drop` deletes the state.
 */
export interface ControlRequests {
  readonly read: object;
  readonly open: { readonly plan: RolloutPlan };
  readonly refuse: ClaimAnswer & { readonly plan: RolloutPlan };
  readonly command: {
    readonly id: string;
    readonly command: RolloutCommand;
    readonly actor: string;
    readonly at: string;
  };
  readonly report: RoundReport;
  readonly stop: { readonly plan: RolloutPlan };
  readonly abandon: { readonly plan: RolloutPlan };
  readonly end: { readonly counts: RowCounts; readonly failures: Readonly<Record<string, number>> };
  readonly drop: object;
}

/** What the orchestration returns when it ends. `refused`, `stopped`, `completed` or `cancelled`. */
export interface RolloutOutcome {
  readonly status: RolloutStatus;
  /** ISO 8601. */
  readonly endedAt: string;
  readonly counts: RowCounts;
  /** Why the rollout itself failed. */
  readonly message?: string;
}
